"""Every error of the driver has its StoreError."""

from __future__ import annotations

import apsw
import pytest

from pbpy.errors import (
    Busy,
    ConstraintViolation,
    QueryTimeout,
    SqlRejected,
    StorageFull,
    StoreError,
    UniqueViolation,
)
from pbpy.store.errors import store_error

NO_ERRORS = {
    apsw.SQLITE_OK,
    apsw.SQLITE_ROW,
    apsw.SQLITE_DONE,
    apsw.SQLITE_NOTICE,
    apsw.SQLITE_WARNING,
}
CODES = {code for code in apsw.mapping_result_codes if isinstance(code, int)} - NO_ERRORS


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_result_code_gives_a_store_error(code: int) -> None:
    assert isinstance(store_error(apsw.exception_for(code)), StoreError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (apsw.SQLITE_CONSTRAINT_UNIQUE, UniqueViolation),
        (apsw.SQLITE_CONSTRAINT_PRIMARYKEY, UniqueViolation),
        (apsw.SQLITE_CONSTRAINT_NOTNULL, ConstraintViolation),
        (apsw.SQLITE_CONSTRAINT_CHECK, ConstraintViolation),
        (apsw.SQLITE_ERROR, SqlRejected),
        (apsw.SQLITE_TOOBIG, SqlRejected),
        (apsw.SQLITE_BUSY, Busy),
        (apsw.SQLITE_BUSY_SNAPSHOT, Busy),
        (apsw.SQLITE_LOCKED, Busy),
        (apsw.SQLITE_INTERRUPT, QueryTimeout),
        (apsw.SQLITE_FULL, StorageFull),
        (apsw.SQLITE_READONLY_DIRECTORY, StorageFull),
        (apsw.SQLITE_CANTOPEN, StorageFull),
        (apsw.SQLITE_IOERR_WRITE, StorageFull),
        (apsw.SQLITE_IOERR_READ, StoreError),
        (apsw.SQLITE_CORRUPT, StoreError),
    ],
)
def test_codes_give_their_kind(code: int, kind: type[StoreError]) -> None:
    assert type(store_error(apsw.exception_for(code))) is kind


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("UNIQUE constraint failed: users.email", ("email",)),
        ("UNIQUE constraint failed: t.a, t.b", ("a", "b")),
        ("UNIQUE constraint failed: index 'idx_lower'", ()),
    ],
)
def test_unique_violations_name_their_columns(text: str, columns: tuple[str, ...]) -> None:
    error = apsw.exception_for(apsw.SQLITE_CONSTRAINT_UNIQUE)
    error.args = (text,)
    found = store_error(error)
    assert isinstance(found, UniqueViolation)
    assert found.columns == columns
    assert str(found) == f"constraint failed: {text} (2067)"


def test_texts_are_those_of_pocketbase() -> None:
    assert str(store_error(apsw.exception_for(apsw.SQLITE_INTERRUPT))) == "interrupted (9)"
    error = apsw.exception_for(apsw.SQLITE_ERROR)
    error.args = ("no such column: nope",)
    assert str(store_error(error)) == "SQL logic error: no such column: nope (1)"


@pytest.mark.parametrize(
    "error", [apsw.BindingsError("x"), OverflowError("x"), ValueError("null character in query")]
)
def test_values_that_cannot_be_bound_are_rejected(error: Exception) -> None:
    assert type(store_error(error)) is SqlRejected

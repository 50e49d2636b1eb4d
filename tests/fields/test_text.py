"""Text: generated values and the rules of primary keys."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from pbpy.fields import ColumnKind, Text
from pbpy.records.record import Record
from tests.fields.conftest import POSTS, TAGS, fill

if TYPE_CHECKING:
    from pbpy.errors import FieldError
    from pbpy.store.store import Database


def validate(database: Database, record: Record, value: str) -> FieldError | None:
    async def work() -> FieldError | None:
        try:
            ctx = await fill(database)
            return await record.collection.by_name["id"].validate(ctx, record, value)
        finally:
            await database.close()

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("new", None),
        ("aBC", "validation_pk_invalid"),
        ("", "validation_required"),
        ("a.b", "validation_forbidden_pk_character"),
        ("a b", "validation_forbidden_pk_character"),
        ("con", "validation_reserved_pk"),
        ("Lpt9", "validation_reserved_pk"),
        ("con1", None),
    ],
)
def test_free_ids_of_new_records_are_checked(
    database: Database, value: str, code: str | None
) -> None:
    error = validate(database, Record(POSTS), value)
    assert (error and error.code) == code


def test_errors_of_ids_name_the_culprit() -> None:
    key = Text("id", primary_key=True, pattern="^.+$")
    forbidden, reserved = key.check("a/b"), key.check("nul")
    assert forbidden is not None
    assert reserved is not None
    assert forbidden.to_json() == {
        "code": "validation_forbidden_pk_character",
        "message": "'/' is not a valid primary key character.",
        "params": {"ch": "/"},
    }
    assert reserved.params == {"reserved": "NUL"}


def test_a_stored_id_must_stay(database: Database) -> None:
    record = Record.from_row(TAGS, ("red",))
    error = validate(database, record, "blue")
    assert error is not None
    assert error.code == "validation_pk_change"


def test_a_stored_id_is_not_checked_again(database: Database) -> None:
    assert validate(database, Record.from_row(POSTS, ("a.b", "[]", "")), "a.b") is None


def test_autogenerate_adds_to_the_prefix() -> None:
    slug = Text("slug", autogenerate_pattern="[a-z]{3}")
    assert slug.modifier_keys == {"slug:autogenerate": "name:autogenerate"}
    assert re.fullmatch("x-[a-z]{3}", slug.apply_modifier("old", "name:autogenerate", "x-"))


def test_autogenerate_without_pattern_keeps_the_prefix_only() -> None:
    assert Text("slug").apply_modifier("old", "name:autogenerate", 5) == "5"


def test_columns() -> None:
    assert Text("id", primary_key=True).column is ColumnKind.PRIMARY_KEY
    assert Text("title").column is ColumnKind.TEXT

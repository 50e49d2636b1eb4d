"""From SQLite's result codes to StoreError: the only place that knows both.

The map is by extended result code first, then by primary code; texts are read only to learn
the columns of a unique violation.
"""

from __future__ import annotations

import apsw

from pbpy.errors import (
    Busy,
    ConstraintViolation,
    QueryTimeout,
    SqlRejected,
    StorageFull,
    StoreError,
    UniqueViolation,
)

DRIVER_ERRORS = (apsw.Error, OverflowError, UnicodeError, ValueError)
"""What APSW raises for a statement and its values; the last three for values no column holds."""

_UNIQUE_CODES = frozenset(
    {
        apsw.SQLITE_CONSTRAINT_UNIQUE,
        apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        apsw.SQLITE_CONSTRAINT_ROWID,
    }
)

_BY_EXTENDED_CODE: dict[int, type[StoreError]] = {
    apsw.SQLITE_IOERR_WRITE: StorageFull,
    apsw.SQLITE_IOERR_FSYNC: StorageFull,
    apsw.SQLITE_IOERR_DIR_FSYNC: StorageFull,
    apsw.SQLITE_IOERR_TRUNCATE: StorageFull,
    apsw.SQLITE_IOERR_SHMSIZE: StorageFull,
    apsw.SQLITE_IOERR_SHMOPEN: StorageFull,
}

_BY_PRIMARY_CODE: dict[int, type[StoreError]] = {
    apsw.SQLITE_AUTH: SqlRejected,
    apsw.SQLITE_BUSY: Busy,
    apsw.SQLITE_CANTOPEN: StorageFull,
    apsw.SQLITE_CONSTRAINT: ConstraintViolation,
    apsw.SQLITE_ERROR: SqlRejected,
    apsw.SQLITE_FULL: StorageFull,
    apsw.SQLITE_INTERRUPT: QueryTimeout,
    apsw.SQLITE_LOCKED: Busy,
    apsw.SQLITE_MISMATCH: SqlRejected,
    apsw.SQLITE_PERM: StorageFull,
    apsw.SQLITE_PROTOCOL: Busy,
    apsw.SQLITE_RANGE: SqlRejected,
    apsw.SQLITE_READONLY: StorageFull,
    apsw.SQLITE_SCHEMA: SqlRejected,
    apsw.SQLITE_TOOBIG: SqlRejected,
}

_MEANINGS = {
    apsw.SQLITE_ERROR: "SQL logic error",
    apsw.SQLITE_PERM: "access permission denied",
    apsw.SQLITE_ABORT: "query aborted",
    apsw.SQLITE_BUSY: "database is locked",
    apsw.SQLITE_LOCKED: "database table is locked",
    apsw.SQLITE_NOMEM: "out of memory",
    apsw.SQLITE_READONLY: "attempt to write a readonly database",
    apsw.SQLITE_INTERRUPT: "interrupted",
    apsw.SQLITE_IOERR: "disk I/O error",
    apsw.SQLITE_CORRUPT: "database disk image is malformed",
    apsw.SQLITE_FULL: "database or disk is full",
    apsw.SQLITE_CANTOPEN: "unable to open database file",
    apsw.SQLITE_PROTOCOL: "locking protocol",
    apsw.SQLITE_SCHEMA: "database schema has changed",
    apsw.SQLITE_TOOBIG: "string or blob too big",
    apsw.SQLITE_CONSTRAINT: "constraint failed",
    apsw.SQLITE_MISMATCH: "datatype mismatch",
    apsw.SQLITE_MISUSE: "bad parameter or other API misuse",
    apsw.SQLITE_AUTH: "authorization denied",
    apsw.SQLITE_RANGE: "column index out of range",
    apsw.SQLITE_NOTADB: "file is not a database",
}
"""SQLite's own words for its codes, which APSW leaves out."""

_NO_CODE = (apsw.BindingsError, apsw.IncompleteExecutionError)
"""Refusals by APSW itself: the statement and its parameters do not fit."""


def store_error(error: Exception) -> StoreError:
    """Return the StoreError that error (one of DRIVER_ERRORS) stands for.

    Its text is the one that superusers of PocketBase see:
    `SQL logic error: no such table: x (1)`.
    """
    reason = str(error)
    if not isinstance(error, apsw.Error) or isinstance(error, _NO_CODE):
        return SqlRejected(reason)
    # APSW sets both codes on errors that come from SQLite, and only on those.
    extended = getattr(error, "extendedresult", apsw.SQLITE_INTERNAL)
    meaning = _MEANINGS.get(extended & 0xFF, "")
    parts = [meaning] if reason in ("", meaning) else [meaning, reason]
    text = f"{': '.join(filter(None, parts))} ({extended})"
    if extended in _UNIQUE_CODES:
        return UniqueViolation(_unique_columns(reason), text)
    kind = _BY_EXTENDED_CODE.get(extended) or _BY_PRIMARY_CODE.get(extended & 0xFF, StoreError)
    return kind(text)


def _unique_columns(reason: str) -> tuple[str, ...]:
    """Return the columns named in `UNIQUE constraint failed: t.a, t.b`; () for an expression.

    An index with an expression is reported as `index 'name'`, without columns.
    """
    _, _, listed = reason.partition(": ")
    if listed.startswith("index '"):
        return ()
    return tuple(item.rpartition(".")[2] for item in listed.split(", "))

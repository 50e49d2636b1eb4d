"""Opening of one SQLite connection, and the four ways to read from one.

Nothing here knows of asyncio: a connection is used by one thread at a time, and who that is
decides the caller.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import apsw

from pbpy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pbpy.store.sql import Row, Sql, SqlValue

T = TypeVar("T")
Fetch: TypeAlias = "Callable[[apsw.Connection, Sql], T]"

OLDEST_SQLITE = (3, 51, 3)
"""Older ones can corrupt the database when the write-ahead log restarts (SEC-49)."""

STATEMENT_CACHE = 500
BUSY_TIMEOUT_MS = 10_000
PRAGMAS = (
    "PRAGMA journal_size_limit = 200000000",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32000",
)
"""PocketBase's own, in its order. LIKE ignores the case of ASCII letters by default."""


def require_sqlite(version: str) -> None:
    """Accept a version of the SQLite library.

    Raises:
        ConfigError: it is older than OLDEST_SQLITE.
    """
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise ConfigError(
            f"SQLite {version} is too old: {oldest} or later is needed, "
            "older ones may corrupt the database. Install a newer apsw."
        )


def open_connection(path: Path, *, busy_timeout_ms: int, writes: bool) -> apsw.Connection:
    """Open the database at path, made when it does not exist; blocks.

    Raises:
        apsw.Error: the file cannot be opened, or is no database.
        ConfigError: the file system cannot hold a write-ahead log.
    """
    connection = apsw.Connection(str(path), statementcachesize=STATEMENT_CACHE)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    # Double-quoted strings: view queries that PocketBase accepts may hold them.
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 1)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 1)
    _use_write_ahead_log(connection)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    if not writes:
        connection.execute("PRAGMA query_only = ON")
    connection.set_busy_timeout(busy_timeout_ms)
    return connection


def _use_write_ahead_log(connection: apsw.Connection) -> None:
    """Switch to WAL; several processes may try at once on a new file.

    The switch fails at once, without the busy timeout, where two would wait for each other.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            mode = connection.pragma("journal_mode", "WAL")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
            continue
        if mode != "wal":
            raise ConfigError(
                f"{connection.filename}: its file system cannot hold a write-ahead log "
                f"(journal mode {mode})"
            )
        return


def fetch_all(connection: apsw.Connection, sql: Sql) -> list[Row]:
    """Return all rows."""
    try:
        return connection.execute(sql.text, sql.params).fetchall()
    except UnicodeDecodeError:
        return _fetch_repaired(connection, sql)


def fetch_one(connection: apsw.Connection, sql: Sql) -> Row | None:
    """Return the first row; the others are never computed."""
    cursor = connection.execute(sql.text, sql.params)
    try:
        row: Row | None = cursor.fetchone()
    except UnicodeDecodeError:
        return next(iter(_fetch_repaired(connection, sql)), None)
    finally:
        # An open cursor would keep its read transaction, and hold back checkpoints.
        cursor.close(force=True)
    return row


def _fetch_repaired(connection: apsw.Connection, sql: Sql, limit: int = -1) -> list[Row]:
    """Return all rows, or the first ones, of a query whose texts are not all UTF-8.

    PocketBase stores the bytes of a form as they come, and shows U+FFFD for the bad ones.

    Raises:
        apsw.SQLError: it is no single query.
    """
    names = [f"c{position}" for position in range(_count_columns(connection, sql))]
    values = (
        f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
        for name in names
    )
    text = (
        f"WITH found({', '.join(names)}) AS ({sql.text}\n)"
        f" SELECT {', '.join(values)} FROM found LIMIT {limit}"
    )
    return [
        tuple(item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in row)
        for row in connection.execute(text, sql.params)
    ]


def _count_columns(connection: apsw.Connection, sql: Sql) -> int:
    count = 0

    def note_columns(cursor: apsw.Cursor, _text: str, _params: object) -> bool:
        nonlocal count
        count = len(cursor.get_description())
        return False

    cursor = connection.cursor()
    cursor.exec_trace = note_columns
    with contextlib.suppress(apsw.ExecTraceAbort):
        cursor.execute(sql.text, sql.params)
    return count


def fetch_value(connection: apsw.Connection, sql: Sql) -> SqlValue:
    """Return the first column of the first row, or None."""
    row = fetch_one(connection, sql)
    return None if row is None else row[0]


def describe(
    connection: apsw.Connection, sql: Sql, limit: int
) -> tuple[list[tuple[str, str]], list[Row]]:
    """Return ((column name, declared type), ...) and at most limit rows, of the last statement.

    A column that is no plain table column has the declared type "".
    """
    columns: list[tuple[str, str]] = []
    rows: list[Row] = []

    def note_columns(cursor: apsw.Cursor, _text: str, _params: object) -> bool:
        # Before the first step, since a cursor without rows forgets its description.
        columns[:] = [(name, declared or "") for name, declared in cursor.get_description()]
        rows.clear()
        return True

    cursor = connection.cursor()
    cursor.exec_trace = note_columns
    cursor.execute(sql.text, sql.params)
    try:
        for row in cursor:
            rows.append(row)
            if len(rows) >= limit:
                break
    except UnicodeDecodeError:
        rows = _fetch_repaired(connection, sql, limit)
    finally:
        cursor.close(force=True)
    return columns, rows

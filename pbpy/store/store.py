"""Store: the two databases of a data directory."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

import apsw

from pbpy.errors import ConfigError, StoreError
from pbpy.store.connection import (
    describe,
    fetch_all,
    fetch_one,
    fetch_value,
    open_connection,
    require_sqlite,
)
from pbpy.store.errors import store_error
from pbpy.store.inline import FORGET_BELOW_S, InlineConnection, Overrun, StatementTexts
from pbpy.store.reader_threads import ReaderThreads
from pbpy.store.sql import Sql
from pbpy.store.transaction import WriteTransaction
from pbpy.store.writer import Writer

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from typing import Self

    from pbpy.config import Config
    from pbpy.store.access import Transaction
    from pbpy.store.connection import Fetch
    from pbpy.store.sql import Row, SqlValue

T = TypeVar("T")


class Database:
    """One database file: a Reader of committed data, and its write transactions."""

    __slots__ = ("_reader", "_slow", "_threads", "_writer")

    def __init__(self, path: Path, config: Config) -> None:
        """Open the file; blocks.

        Raises:
            apsw.Error: it cannot be opened, or is no database.
        """
        self._slow = StatementTexts()
        self._writer = Writer(path, config.inline_opcodes, config.query_timeout_s, self._slow)
        connection = open_connection(path, busy_timeout_ms=0, writes=False)
        self._reader = InlineConnection(connection, config.inline_opcodes, self._slow)
        self._threads = ReaderThreads(path, config.query_timeout_s)

    async def all(self, sql: Sql) -> list[Row]:
        """Return all rows."""
        try:
            return self._reader.read(fetch_all, sql)
        except Overrun:
            return await self._read_in_thread(fetch_all, sql)

    async def one(self, sql: Sql) -> Row | None:
        """Return the first row, or None."""
        try:
            return self._reader.read(fetch_one, sql)
        except Overrun:
            return await self._read_in_thread(fetch_one, sql)

    async def value(self, sql: Sql) -> SqlValue:
        """Return the first column of the first row, or None."""
        try:
            return self._reader.read(fetch_value, sql)
        except Overrun:
            return await self._read_in_thread(fetch_value, sql)

    async def described(self, sql: Sql, limit: int) -> tuple[list[tuple[str, str]], list[Row]]:
        """Return ((column name, declared type), ...) and at most limit rows."""
        return await self._threads.run(lambda connection: describe(connection, sql, limit))

    async def _read_in_thread(self, fetch: Fetch[T], sql: Sql) -> T:
        def work(connection: apsw.Connection) -> T:
            started = time.perf_counter()
            result = fetch(connection, sql)
            if time.perf_counter() - started < FORGET_BELOW_S:
                self._slow.discard(sql.text)
            return result

        return await self._threads.run(work)

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Return a write transaction, to be entered with `async with`.

        Entering raises Busy, StorageFull, and RuntimeError inside another transaction of the
        same task. Leaving commits, or rolls back when the block raises; a commit that fails
        rolls back and raises StoreError.
        """
        return WriteTransaction(self._writer)

    async def data_version(self) -> int:
        """Return a number that changes whenever another process has committed.

        It may also change for less, when the log restarts; never for commits of this process.
        """
        return await self._writer.data_version()

    async def run_alone(self, sql: Sql) -> None:
        """Run a statement that SQLite refuses inside a transaction, in a thread: VACUUM.

        Raises:
            Busy, StorageFull: as SQLite reports.
        """
        await self._writer.run_alone(sql)

    async def optimize(self) -> None:
        """Refresh the planner's statistics where that is due; write the log back into the file.

        A log that others still read stays for the next time.

        Raises:
            Busy, StorageFull: as SQLite reports.
        """
        async with self.transaction() as tx:
            await tx.execute_long(Sql("PRAGMA optimize"))
        await self._writer.truncate_log()

    async def close(self) -> None:
        """Close all connections, the log written back into the file."""
        await self._threads.close()
        self._reader.connection.close()
        await self._writer.close()


class Store:
    """data.db, which is the truth, and auxiliary.db, which holds logs."""

    __slots__ = ("auxiliary", "data")

    def __init__(self, data: Database, auxiliary: Database) -> None:
        self.data = data
        self.auxiliary = auxiliary

    @classmethod
    async def open(cls, config: Config) -> Self:
        """Open both databases, made with their directory when they do not exist.

        Raises:
            ConfigError: SQLite is too old, or a file cannot be opened.
        """
        require_sqlite(apsw.sqlite_lib_version())
        await asyncio.to_thread(_make_directory, config.data_dir)
        data = await asyncio.to_thread(_open_database, config.data_dir / "data.db", config)
        try:
            auxiliary = await asyncio.to_thread(
                _open_database, config.data_dir / "auxiliary.db", config
            )
        except ConfigError:
            await data.close()
            raise
        return cls(data, auxiliary)

    async def close(self) -> None:
        """Close both; when no other process has them open, only the two files are left."""
        await self.auxiliary.close()
        await self.data.close()


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the data directory {path} cannot be made: {error}") from error


def _open_database(path: Path, config: Config) -> Database:
    try:
        return Database(path, config)
    except apsw.Error as error:
        reason: StoreError = store_error(error)
        raise ConfigError(f"{path} cannot be opened: {reason}") from error

"""The one connection of a process that writes to a database, and the lock around it.

Invariants: whoever holds the lock may use the connection, nobody else. Between processes
`BEGIN IMMEDIATE` decides; waiting for it never blocks the event loop. The log is written back
by a checkpoint in a thread while the lock is held, so that it restarts and stays small.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import apsw

from pbpy.errors import Busy, QueryTimeout, StoreError
from pbpy.store.connection import fetch_all, fetch_value, open_connection
from pbpy.store.errors import DRIVER_ERRORS, store_error
from pbpy.store.inline import InlineConnection, StatementTexts
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

CHECKPOINT_PAGES = 1000
LOCK_TIMEOUT_S = 20.0
FIRST_DELAY_S = 0.0002
LONGEST_DELAY_S = 0.005
INTERRUPT_AGAIN_S = 0.05

YIELD_EVERY = 64
"""Statements after which the event loop gets a turn, about 1 ms."""

log = logging.getLogger("pbpy.store")


class Writer:
    """The writing connection of one database in this process."""

    __slots__ = (
        "_checkpoint_at",
        "_checkpoint_task",
        "_executor",
        "_name",
        "_statements",
        "_thread_lock",
        "_wal_pages",
        "inline",
        "lock",
        "query_timeout_s",
    )

    def __init__(
        self, path: Path, inline_opcodes: int, query_timeout_s: float, slow: StatementTexts
    ) -> None:
        connection = open_connection(path, busy_timeout_ms=0, writes=True)
        # Takes the place of SQLite's own checkpoints, which would run inside a COMMIT.
        connection.set_wal_hook(self._on_wal)
        self.inline = InlineConnection(connection, inline_opcodes, slow)
        self.lock = asyncio.Lock()
        self.query_timeout_s = query_timeout_s
        self._name = path.name
        self._thread_lock = asyncio.Lock()
        self._executor = ThreadPoolExecutor(1, f"pbpy-write-{path.stem}")
        self._statements = 0
        self._wal_pages = 0
        self._checkpoint_at = CHECKPOINT_PAGES
        self._checkpoint_task: asyncio.Task[None] | None = None

    @property
    def in_transaction(self) -> bool:
        """Whether SQLite has a transaction open; it may have ended one by itself."""
        return self.inline.connection.in_transaction

    async def acquire(self) -> None:
        """Take the lock, behind a checkpoint that is due."""
        if self._checkpoint_task is not None:
            # Lets the task ask for the lock first, even when nothing else ever waits.
            await asyncio.sleep(0)
        await self.lock.acquire()

    async def give_turn(self) -> None:
        """Let others run now and then: statements on the loop never wait by themselves."""
        self._statements += 1
        if self._statements % YIELD_EVERY == 0:
            await asyncio.sleep(0)

    async def begin(self) -> None:
        """Begin a write transaction; the caller holds the lock.

        Raises:
            Busy: another process held the database for longer than LOCK_TIMEOUT_S.
            StorageFull: the database cannot be written.
        """
        if self._try_begin():
            return
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        delay_s = FIRST_DELAY_S
        while time.monotonic() < deadline:
            # Random, so that processes do not meet again at the same moment.
            await asyncio.sleep(random.uniform(delay_s / 2, delay_s))  # noqa: S311
            if self._try_begin():
                return
            delay_s = min(delay_s * 2, LONGEST_DELAY_S)
        raise Busy(f"{self._name} was locked by another process for {LOCK_TIMEOUT_S:g} s")

    def _try_begin(self) -> bool:
        try:
            if self.in_transaction:
                self.inline.connection.execute("ROLLBACK")
            self.inline.connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            return False
        except DRIVER_ERRORS as error:
            raise store_error(error) from error
        return True

    def commit(self) -> None:
        """Commit; schedule a checkpoint when the log has grown.

        Raises:
            StoreError: nothing was committed; the transaction may still be open.
        """
        try:
            self.inline.connection.execute("COMMIT")
        except DRIVER_ERRORS as error:
            raise store_error(error) from error
        if self._wal_pages >= self._checkpoint_at and self._checkpoint_task is None:
            self._checkpoint_task = asyncio.create_task(
                self._checkpoint_soon(), name=f"checkpoint {self._name}"
            )

    def rollback(self) -> None:
        """Roll back, unless SQLite already has; what fails is done before the next begin."""
        try:
            if self.in_transaction:
                self.inline.connection.execute("ROLLBACK")
        except apsw.Error as error:
            log.error("%s: rollback failed: %s", self._name, error)  # noqa: TRY400

    # threads

    async def run_in_thread(
        self, work: Callable[[apsw.Connection], T], timeout_s: float | None = None
    ) -> T:
        """Return work(connection), done in a thread; the caller holds the lock.

        Always ends with the thread out of the connection: a cancelled or late work is
        interrupted and waited for.

        Raises:
            QueryTimeout: it took longer than timeout_s.
            StoreError: as SQLite reports.
        """
        async with self._thread_lock:
            with self.inline.lent() as connection:
                loop = asyncio.get_running_loop()
                future = loop.run_in_executor(self._executor, work, connection)
                try:
                    async with asyncio.timeout(timeout_s):
                        return await self._await_or_interrupt(future)
                except TimeoutError as error:
                    raise QueryTimeout(f"the query took longer than {timeout_s} s") from error
                except DRIVER_ERRORS as error:
                    raise store_error(error) from error

    async def _await_or_interrupt(self, future: asyncio.Future[T]) -> T:
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():
                self.inline.connection.interrupt()
                try:
                    await asyncio.wait({future}, timeout=INTERRUPT_AGAIN_S)
                except asyncio.CancelledError:
                    continue
            future.exception()
            raise

    async def run_alone(self, sql: Sql) -> None:
        """Run one statement outside of any transaction, in a thread."""
        async with self.lock:
            await self.run_in_thread(lambda connection: fetch_all(connection, sql))

    @property
    def thread_busy(self) -> bool:
        """Whether a thread uses the connection."""
        return self._thread_lock.locked()

    async def thread_idle(self) -> None:
        """Wait until no thread uses the connection; a cancellation waits, too."""
        cancelled: asyncio.CancelledError | None = None
        while self._thread_lock.locked():
            try:
                async with self._thread_lock:
                    pass
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled

    # checkpoints

    def _on_wal(self, _connection: apsw.Connection, _database: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    async def _checkpoint_soon(self) -> None:
        try:
            async with self.lock:
                await self.checkpoint(apsw.SQLITE_CHECKPOINT_RESTART)
        finally:
            self._checkpoint_task = None

    async def checkpoint(self, mode: int) -> None:
        """Write the log back into the database; the caller holds the lock.

        A log that others still read or write is tried again when it has grown further.
        """
        try:
            await self.run_in_thread(lambda connection: connection.wal_checkpoint(mode=mode))
        except StoreError as error:
            self._checkpoint_at = self._wal_pages + CHECKPOINT_PAGES
            if not isinstance(error, Busy):
                log.warning("checkpoint of %s failed: %s", self._name, error)
        else:
            self._checkpoint_at = CHECKPOINT_PAGES

    async def truncate_log(self) -> None:
        """Write the whole log back, and make its file empty."""
        async with self.lock:
            await self.checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)

    async def data_version(self) -> int:
        """Return a number that changes whenever another process has committed."""
        async with self.lock:
            # This connection alone writes in this process, and does not count its own commits.
            version = self.inline.write(fetch_value, Sql("PRAGMA data_version"))
        return int(version or 0)

    async def close(self) -> None:
        """Write the whole log back and close; the last process leaves only the database."""
        if self._checkpoint_task is not None:
            await self._checkpoint_task
        async with self.lock:
            await self.checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._executor.shutdown()
            self.inline.connection.close()

"""One write transaction: its statements, savepoints and callbacks."""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pbpy.errors import Busy, StoreError
from pbpy.store.connection import describe, fetch_all, fetch_one, fetch_value
from pbpy.store.inline import FORGET_BELOW_S, Overrun
from pbpy.store.sql import Sql, is_plain_read
from pbpy.store.writer import LOCK_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType
    from typing import Self

    import apsw

    from pbpy.store.access import Callback
    from pbpy.store.connection import Fetch
    from pbpy.store.sql import Row, SqlValue
    from pbpy.store.writer import Writer

T = TypeVar("T")

LONG_HOLD_S = 0.05
"""Other writers wait meanwhile, and the back-off between processes is not fair."""

log = logging.getLogger("pbpy.store")

_opened: ContextVar[tuple[WriteTransaction, ...]] = ContextVar("opened transactions", default=())
"""Only detects a transaction opened inside another one; never used to find a transaction."""


class WriteTransaction:
    """Fulfils store.access.Transaction; enter it with `async with`."""

    __slots__ = (
        "_after_commit",
        "_after_rollback",
        "_at_commit",
        "_before_commit",
        "_depth",
        "_lost",
        "_open",
        "_started",
        "_task",
        "_threaded",
        "_writer",
    )

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._after_commit: list[Callback] = []
        self._after_rollback: list[Callback] = []
        self._before_commit: list[Callback] = []
        self._at_commit: list[Callable[[], None]] = []
        self._depth = 0
        self._lost: StoreError | None = None
        self._open = False
        self._threaded = False
        self._started = 0.0
        self._task: asyncio.Task[object] | None = None

    # begin and end

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        await self._acquire()
        try:
            await self._writer.begin()
        except BaseException:
            self._writer.lock.release()
            raise
        self._open = True
        self._started = time.monotonic()
        _opened.set((*_opened.get(), self))
        return self

    async def _acquire(self) -> None:
        """Take the writer's lock.

        Raises:
            RuntimeError: this task has it already, and would wait for itself.
            Busy: a task above this one has it, and does not give it back.
        """
        outer: WriteTransaction | None = None
        if opened := _opened.get():
            own = (tx for tx in opened if tx._writer is self._writer and tx._open)  # noqa: SLF001
            outer = next(own, None)
        if outer is None:
            await self._writer.acquire()
            return
        if outer._task is self._task:  # noqa: SLF001
            raise RuntimeError(
                "a transaction was opened inside another one of the same task, which would wait "
                "for itself: use the transaction that is open, or run after_commit"
            )
        try:
            async with asyncio.timeout(LOCK_TIMEOUT_S):
                await self._writer.acquire()
        except TimeoutError as error:
            raise Busy("the transaction which started this task has not ended") from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        failure = await self._try_commit() if error is None else await self._settle()
        committed = error is None and failure is None
        if not committed:
            self._writer.rollback()
        self._close()
        if committed:
            await _call(self._after_commit)
        else:
            await _call(reversed(self._after_rollback))
        if failure is not None:
            raise failure

    async def _try_commit(self) -> BaseException | None:
        cancelled = await self._settle()
        if cancelled is not None:
            return cancelled
        try:
            for callback in self._before_commit:
                result = callback()
                if result is not None:
                    await result
            self._check()
            self._writer.commit()
        except BaseException as failure:  # raised again once it is rolled back
            return failure
        for note in self._at_commit:
            try:
                note()
            except Exception:  # as in `_call`
                log.exception("a callback in the moment of a commit failed")
        return None

    async def _settle(self) -> BaseException | None:
        """Wait for a statement that another task still runs; return a cancellation meanwhile."""
        if self._writer.thread_busy:
            try:
                await self._writer.thread_idle()
            except asyncio.CancelledError as cancelled:
                return cancelled
        return None

    def _close(self) -> None:
        self._open = False
        self._writer.lock.release()
        _opened.set(tuple(tx for tx in _opened.get() if tx is not self))
        held_s = time.monotonic() - self._started
        if held_s > LONG_HOLD_S and not self._threaded:
            log.warning("a write transaction was open for %d ms", held_s * 1000)

    def _check(self) -> None:
        """Refuse a statement which would run outside of the transaction.

        Raises:
            StoreError: SQLite has rolled the transaction back.
            RuntimeError: it has ended.
        """
        if self._lost is not None:
            raise self._lost
        if not self._open:
            raise RuntimeError("the transaction has ended")

    def _failed(self, error: StoreError) -> None:
        """Note that SQLite has rolled back by itself: disk full, I/O error, interrupted write."""
        if not self._writer.in_transaction:
            self._lost = error

    # reads

    async def all(self, sql: Sql) -> list[Row]:
        """Return all rows."""
        return await self._run(fetch_all, sql)

    async def one(self, sql: Sql) -> Row | None:
        """Return the first row, or None."""
        return await self._run(fetch_one, sql)

    async def value(self, sql: Sql) -> SqlValue:
        """Return the first column of the first row, or None."""
        return await self._run(fetch_value, sql)

    async def described(self, sql: Sql, limit: int) -> tuple[list[tuple[str, str]], list[Row]]:
        """Return ((column name, declared type), ...) and at most limit rows."""
        return await self._in_thread(
            lambda connection: describe(connection, sql, limit), self._writer.query_timeout_s
        )

    async def _run(self, fetch: Fetch[T], sql: Sql) -> T:
        inline = self._writer.inline
        if self._writer.thread_busy:
            await self._writer.thread_idle()
        self._check()
        try:
            if is_plain_read(sql.text):
                return inline.read(fetch, sql)
            return inline.write(fetch, sql)
        except Overrun:
            pass
        except StoreError as error:
            self._failed(error)
            raise
        started = time.perf_counter()
        result = await self._in_thread(
            lambda connection: fetch(connection, sql), self._writer.query_timeout_s
        )
        if time.perf_counter() - started < FORGET_BELOW_S:
            inline.slow.discard(sql.text)
        return result

    async def _in_thread(self, work: Callable[[apsw.Connection], T], timeout_s: float | None) -> T:
        self._check()
        self._threaded = True
        try:
            return await self._writer.run_in_thread(work, timeout_s)
        except StoreError as error:
            self._failed(error)
            raise
        except asyncio.CancelledError:
            self._failed(StoreError("the statement was interrupted"))
            raise

    # writes

    async def execute(self, sql: Sql) -> int:
        """Run one writing statement on the loop; return the number of changed rows."""
        await self._writer.give_turn()
        if self._writer.thread_busy:
            await self._writer.thread_idle()
        return self._execute_now(sql)

    def _execute_now(self, sql: Sql) -> int:
        self._check()
        try:
            return self._writer.inline.write(_execute, sql)
        except StoreError as error:
            self._failed(error)
            raise

    async def execute_long(self, sql: Sql) -> int:
        """Do the same in a thread: for DDL and bulk changes."""
        return await self._in_thread(lambda connection: _execute(connection, sql), None)

    # savepoints and callbacks

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undo what the block did when it raises; the transaction goes on."""
        return _Savepoint(self)

    def before_commit(self, callback: Callback) -> None:
        """Call back at the end of the outermost transaction, which it may still write to."""
        self._before_commit.append(callback)

    def at_commit(self, note: Callable[[], None]) -> None:
        """Call in the moment of the outermost commit, before anybody else can write."""
        self._at_commit.append(note)

    def after_commit(self, callback: Callback) -> None:
        """Call back once the outermost transaction has committed, in order of registration."""
        self._after_commit.append(callback)

    def after_rollback(self, callback: Callback) -> None:
        """Call back when the transaction is rolled back, in reverse order of registration."""
        self._after_rollback.append(callback)

    async def enter_savepoint(self) -> tuple[str, _Counts]:
        """Begin a savepoint; return its name and how many callbacks of each kind there are."""
        name = f"s{self._depth + 1}"
        await self.execute(Sql(f"SAVEPOINT {name}"))
        self._depth += 1
        return name, _Counts(
            len(self._before_commit),
            len(self._at_commit),
            len(self._after_commit),
            len(self._after_rollback),
        )

    async def release_savepoint(self, name: str) -> None:
        """Keep what was done since."""
        self._depth -= 1
        await self.execute(Sql(f"RELEASE {name}"))

    async def undo_savepoint(self, name: str, counts: _Counts) -> None:
        """Undo what was done since; callbacks registered since go with it."""
        self._depth -= 1
        undone = self._after_rollback[counts.after_rollback :]
        del self._before_commit[counts.before_commit :]
        del self._at_commit[counts.at_commit :]
        del self._after_commit[counts.after_commit :]
        del self._after_rollback[counts.after_rollback :]
        cancelled = await self._settle()
        if self._lost is None:
            # Without a turn for others in between, in which a cancellation could come.
            self._execute_now(Sql(f"ROLLBACK TO {name}"))
            self._execute_now(Sql(f"RELEASE {name}"))
        await _call(reversed(undone))
        if cancelled is not None:
            raise cancelled


class _Counts(NamedTuple):
    """How many callbacks of each kind a transaction has."""

    before_commit: int
    at_commit: int
    after_commit: int
    after_rollback: int


_NONE = _Counts(0, 0, 0, 0)


class _Savepoint:
    """The context manager of `WriteTransaction.savepoint`."""

    __slots__ = ("_began", "_tx")

    def __init__(self, tx: WriteTransaction) -> None:
        self._tx = tx
        self._began = ("", _NONE)

    async def __aenter__(self) -> None:
        self._began = await self._tx.enter_savepoint()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            await self._tx.release_savepoint(self._began[0])
        else:
            await self._tx.undo_savepoint(*self._began)


def _execute(connection: apsw.Connection, sql: Sql) -> int:
    before = connection.total_changes()
    for _ in connection.execute(sql.text, sql.params):
        pass
    return connection.total_changes() - before


async def _call(callbacks: Iterable[Callback]) -> None:
    """Call every callback, whatever the others do; a cancellation waits for the last one."""
    cancelled: asyncio.CancelledError | None = None
    for callback in callbacks:
        try:
            result = callback()
            if result is not None:
                await result
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:
            # The data is already decided; the callback of someone else must still run.
            log.exception("a callback at the end of a transaction failed")
    if cancelled is not None:
        raise cancelled

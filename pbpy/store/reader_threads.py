"""Threads for reads that are too long for the event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from pbpy.errors import QueryTimeout
from pbpy.store.connection import BUSY_TIMEOUT_MS, open_connection
from pbpy.store.errors import DRIVER_ERRORS, store_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    import apsw

T = TypeVar("T")

WORKERS = 64
"""Started when needed. Many more than cores, so that very slow reads do not hold up others."""

KEPT_CONNECTIONS = 4
"""Connections that stay open when idle; each may hold 32 MB of pages."""

PATIENCE_S = 0.2
"""How long a read waits for one of the kept connections before it opens one of its own: most
reads are done by then, and more of them at once than there are cores only slow each other."""

INTERRUPT_AGAIN_S = 0.05
"""An interrupt that comes just before the first step of a statement is lost: so repeat it."""


class _Job:
    """A piece of work which may be interrupted while it holds a connection."""

    __slots__ = ("_connection", "_lock", "future")

    future: Future[Any]

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None

    def hold(self, connection: apsw.Connection | None) -> None:
        with self._lock:
            self._connection = connection

    def interrupt(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()


class ReaderThreads:
    """A few threads with a read-only connection each, and a time limit."""

    __slots__ = ("_executor", "_idle", "_jobs", "_path", "_places", "_timeout_s")

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._executor = ThreadPoolExecutor(WORKERS, f"pbpy-read-{path.stem}")
        self._idle: list[apsw.Connection] = []
        self._jobs: set[_Job] = set()
        self._places = asyncio.Semaphore(KEPT_CONNECTIONS)

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """Return work(connection), done in a thread; interrupted when the caller is cancelled.

        Raises:
            QueryTimeout: it took longer than the query timeout, waiting for a thread included.
            StoreError: as SQLite reports.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                if not await self._find_place():
                    return await self._run_now(work)
                try:
                    return await self._run_now(work)
                finally:
                    self._places.release()
        except TimeoutError as error:
            raise QueryTimeout(f"the query took longer than {self._timeout_s:g} s") from error

    async def _find_place(self) -> bool:
        """Return whether a place was free in time; the caller releases it."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._places.acquire()
        except TimeoutError:
            return False

    async def _run_now(self, work: Callable[[apsw.Connection], T]) -> T:
        job = _Job()
        future = self._executor.submit(self._work, job, work)
        job.future = future
        self._jobs.add(job)
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._stop(job, asyncio.get_running_loop())

    def _work(self, job: _Job, work: Callable[[apsw.Connection], T]) -> T:
        try:
            connection = self._take()
            job.hold(connection)
            try:
                return work(connection)
            finally:
                job.hold(None)
                self._give_back(connection)
        except DRIVER_ERRORS as error:
            raise store_error(error) from error

    def _take(self) -> apsw.Connection:
        try:
            # A list is safe between threads; the last one returned has the warmest cache.
            return self._idle.pop()
        except IndexError:
            return open_connection(self._path, busy_timeout_ms=BUSY_TIMEOUT_MS, writes=False)

    def _give_back(self, connection: apsw.Connection) -> None:
        if len(self._idle) < KEPT_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()

    def _stop(self, job: _Job, loop: asyncio.AbstractEventLoop) -> None:
        if job.future.done():
            self._jobs.discard(job)
            return
        job.interrupt()
        loop.call_later(INTERRUPT_AGAIN_S, self._stop, job, loop)

    async def close(self) -> None:
        """Interrupt what is running and close all connections."""
        jobs = tuple(self._jobs)
        while running := [job for job in jobs if not job.future.done()]:
            for job in running:
                job.future.cancel()
                job.interrupt()
            await asyncio.sleep(INTERRUPT_AGAIN_S / 10)
        self._executor.shutdown()
        while self._idle:
            self._idle.pop().close()

"""CPU work in threads: at most one piece of work per core, and a bounded queue.

Imports errors only. Called by whoever hashes passwords, scales images or packs archives, so
that the event loop never waits for the processor.
"""

from __future__ import annotations

import asyncio
import functools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pbpy.errors import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

QUEUE_LIMIT = 1000
"""Pieces of work that may wait; with argon2id (14 ms) about 7 s on two cores."""


class Offload:
    """A bounded pool of threads for CPU work."""

    __slots__ = ("_executor", "_pending", "_queue_limit")

    def __init__(self, workers: int | None = None, queue_limit: int = QUEUE_LIMIT) -> None:
        self._executor = ThreadPoolExecutor(workers or os.cpu_count() or 1, "pbpy-offload")
        self._queue_limit = queue_limit
        self._pending = 0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return work(*args, **kwargs), done in a thread.

        Work that has not begun when the caller is cancelled is never done.

        Raises:
            TooManyRequests: the queue is full.
        """
        if self._pending >= self._queue_limit:
            raise TooManyRequests
        self._pending += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._executor, functools.partial(work, *args, **kwargs)
            )
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Wait for the work that has begun and drop the rest."""
        self._executor.shutdown(cancel_futures=True)


@functools.cache
def shared_offload() -> Offload:
    """Return the pool of this process, made at the first use."""
    return Offload()


async def offload(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do the same as `Offload.run` on the pool of this process."""
    return await shared_offload().run(work, *args, **kwargs)

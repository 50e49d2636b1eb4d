"""CPU work in threads: bounded, cancellable before it starts, errors handed on."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import TooManyRequests
from pbpy.offload import Offload, offload

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def pool(workers: int = 1, queue_limit: int = 10) -> Iterator[Offload]:
    offloaded = Offload(workers, queue_limit)
    try:
        yield offloaded
    finally:
        offloaded.close()


def test_results_and_errors_come_back() -> None:
    async def scenario() -> None:
        assert await offload(divmod, 7, 2) == (3, 1)
        assert await offload(int, "11", base=2) == 3
        assert await offload(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await offload(divmod, 1, 0)

    asyncio.run(scenario())


def test_a_full_queue_refuses_and_then_recovers() -> None:
    async def scenario(offloaded: Offload) -> None:
        release = threading.Event()
        tasks = [asyncio.create_task(offloaded.run(release.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests):
            await offloaded.run(int)
        release.set()
        assert await asyncio.gather(*tasks) == [True] * 3
        assert await offloaded.run(int) == 0

    with pool(queue_limit=3) as offloaded:
        asyncio.run(scenario(offloaded))


def test_work_of_a_cancelled_caller_that_has_not_begun_is_never_done() -> None:
    done: list[int] = []

    async def scenario(offloaded: Offload) -> None:
        release = threading.Event()
        first = asyncio.create_task(offloaded.run(release.wait))
        second = asyncio.create_task(offloaded.run(done.append, 2))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        release.set()
        await first
        await offloaded.run(done.append, 3)

    with pool() as offloaded:
        asyncio.run(scenario(offloaded))
    assert done == [3]

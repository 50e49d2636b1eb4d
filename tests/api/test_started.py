"""Coroutines that are run as far as they go."""

from __future__ import annotations

import asyncio

import pytest

from pbpy.api.started import start


def test_what_needs_no_waiting_is_done_at_once() -> None:
    done = []

    async def work() -> None:
        done.append(1)

    assert start(work()) is None
    assert done == [1]


def test_what_fails_at_once_raises() -> None:
    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        start(work())


def test_the_rest_runs_where_it_is_awaited() -> None:
    async def main() -> None:
        done: list[object] = []
        first, second, reached = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def work() -> None:
            done.append("begun")
            await first.wait()
            await asyncio.sleep(0)
            reached.set()
            try:
                await second.wait()
            except asyncio.CancelledError:
                done.append("cancelled")
                raise

        rest = start(work())
        assert rest is not None
        assert done == ["begun"]

        async def finish() -> None:
            await rest

        task = asyncio.create_task(finish())
        first.set()
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == ["begun", "cancelled"]

    asyncio.run(main())


def test_the_rest_may_be_given_up() -> None:
    async def main() -> None:
        done = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                done.append(1)

        rest = start(work())
        assert rest is not None
        rest.close()
        assert done == [1]

    asyncio.run(main())

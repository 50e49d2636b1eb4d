"""What a transaction does at its end, before the commit."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import SqlRejected
from pbpy.store.sql import Sql
from tests.store.stores import ids, insert, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.store.access import Transaction
    from pbpy.store.store import Store


class Oops(Exception):
    pass


def run(folder: Path, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(folder) as store:
            await scenario(store)

    asyncio.run(asyncio.wait_for(main(), 30))


async def write(tx: Transaction, record_id: str) -> None:
    await tx.execute(insert(record_id))


def test_it_writes_what_is_committed_with_the_rest(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []
        async with store.data.transaction() as tx:
            tx.after_commit(lambda: calls.append("after"))
            tx.before_commit(partial(write, tx, "b"))
            tx.before_commit(lambda: calls.append("before"))
            await write(tx, "a")
            assert await ids(tx) == ["a"]
        assert await ids(store.data) == ["a", "b"]
        assert calls == ["before", "after"]

    run(tmp_path, scenario)


def test_a_rollback_calls_it_never(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(Oops):
            async with store.data.transaction() as tx:
                tx.before_commit(partial(write, tx, "a"))
                raise Oops
        async with store.data.transaction() as tx:
            tx.before_commit(partial(write, tx, "b"))
            with pytest.raises(Oops):
                async with tx.savepoint():
                    tx.before_commit(partial(write, tx, "c"))
                    raise Oops
            async with tx.savepoint():
                tx.before_commit(partial(write, tx, "d"))
        assert await ids(store.data) == ["b", "d"]

    run(tmp_path, scenario)


@pytest.mark.parametrize("error", [Oops, SqlRejected, asyncio.CancelledError])
def test_its_failure_rolls_back(tmp_path: Path, error: type[BaseException]) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []

        async def fail() -> None:
            if error is SqlRejected:
                await tx.execute(Sql("INSERT INTO nothing VALUES (1)"))
            raise error

        with pytest.raises(error):
            async with store.data.transaction() as tx:
                await write(tx, "a")
                tx.before_commit(fail)
                tx.after_commit(lambda: calls.append("commit"))
                tx.after_rollback(lambda: calls.append("rollback"))
        assert await ids(store.data) == []
        assert calls == ["rollback"]
        async with store.data.transaction() as tx:
            await write(tx, "b")
        assert await ids(store.data) == ["b"]

    run(tmp_path, scenario)

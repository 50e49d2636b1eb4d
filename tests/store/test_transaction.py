"""Transactions: all or nothing, one at a time, callbacks, savepoints, cancellation."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import (
    Busy,
    ConstraintViolation,
    SqlRejected,
    StorageFull,
    StoreError,
    UniqueViolation,
)
from pbpy.store.sql import Sql
from tests.store.stores import ENDLESS, count_to, ids, insert, loop_lags, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.store.store import Store


class Oops(Exception):
    pass


def run(folder: Path, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(folder) as store:
            await scenario(store)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_commits_what_was_written_and_shows_it_only_then(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            assert await tx.execute(insert("a")) == 1
            assert await ids(tx) == ["a"]
            assert await ids(store.data) == []
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)


def test_execute_counts_changed_rows(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            assert await tx.execute(Sql("INSERT INTO t(id) VALUES ('a'), ('b'), ('c')")) == 3
            assert await tx.execute(Sql("UPDATE t SET n = 1 WHERE id = 'none'")) == 0
            assert await tx.execute_long(Sql("DELETE FROM t WHERE id <> 'a'")) == 2
            assert await tx.execute(Sql("CREATE TABLE u (x)")) == 0
            returned = Sql("DELETE FROM t RETURNING id")
            assert await tx.all(returned) == [("a",)]

    run(tmp_path, scenario)


def test_rolls_back_when_the_block_raises(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(Oops):
            async with store.data.transaction() as tx:
                await tx.execute(insert("a"))
                raise Oops
        assert await ids(store.data) == []
        async with store.data.transaction() as tx:
            await tx.execute(insert("b"))
        assert await ids(store.data) == ["b"]

    run(tmp_path, scenario)


def test_a_refused_statement_leaves_the_transaction_usable(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(Sql("CREATE TABLE u (a, b NOT NULL CHECK (b > 0), UNIQUE (a, b))"))
            await tx.execute(Sql("CREATE UNIQUE INDEX low ON u (lower(a))"))
            await tx.execute(Sql("INSERT INTO u VALUES ('x', 1)"))
            with pytest.raises(UniqueViolation) as unique:
                await tx.execute(Sql("INSERT INTO u VALUES ('x', 1)"))
            assert unique.value.columns in {("a", "b"), ()}
            with pytest.raises(UniqueViolation) as expression:
                await tx.execute(Sql("INSERT INTO u VALUES ('X', 2)"))
            assert expression.value.columns == ()
            for statement in ("INSERT INTO u VALUES ('y', 0)", "INSERT INTO u VALUES ('y', NULL)"):
                with pytest.raises(ConstraintViolation):
                    await tx.execute(Sql(statement))
            await tx.execute(insert("a", 1))
            with pytest.raises(UniqueViolation) as key:
                await tx.execute(insert("a", 2))
            assert key.value.columns == ("id",)
            with pytest.raises(UniqueViolation) as number:
                await tx.execute_long(insert("b", 1))
            assert number.value.columns == ("n",)
            with pytest.raises(SqlRejected):
                await tx.execute_long(Sql("INSERT INTO missing VALUES (1)"))
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)


def test_transactions_of_one_process_run_one_after_the_other(tmp_path: Path) -> None:
    async def add_one(store: Store) -> None:
        async with store.data.transaction() as tx:
            count = await tx.value(Sql("SELECT n FROM t WHERE id = 'sum'"))
            await asyncio.sleep(0)
            assert isinstance(count, int)
            await tx.execute(Sql("UPDATE t SET n = ? WHERE id = 'sum'", (count + 1,)))

    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(insert("sum", 0))
        await asyncio.gather(*(add_one(store) for _ in range(100)))
        assert await store.data.value(Sql("SELECT n FROM t")) == 100

    run(tmp_path, scenario)


def test_two_processes_writing_at_once_both_get_through(tmp_path: Path) -> None:
    async def write(store: Store, name: str) -> None:
        for number in range(200):
            async with store.data.transaction() as tx:
                await tx.execute(insert(f"{name}{number}"))
                # Held across a turn of the loop, so that the other one finds it locked.
                await asyncio.sleep(0)

    async def scenario(store: Store) -> None:
        async with opened(tmp_path) as other, loop_lags() as lags:
            await asyncio.gather(write(store, "a"), write(other, "b"))
        assert len(await ids(store.data)) == 400
        assert max(lags) < 0.2

    run(tmp_path, scenario)


def test_a_transaction_inside_another_one_is_an_error_instead_of_a_deadlock(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(insert("a"))
            with pytest.raises(RuntimeError, match="inside another one of the same task"):
                async with store.data.transaction():
                    pass
            async with store.auxiliary.transaction() as other:
                await other.execute(Sql("CREATE TABLE x (y)"))
            await tx.execute(insert("b"))
        assert await ids(store.data) == ["a", "b"]
        async with store.data.transaction() as tx:
            await tx.execute(insert("c"))
        with pytest.raises(RuntimeError, match="has ended"):
            await tx.execute(insert("d"))

    run(tmp_path, scenario)


def test_a_task_started_in_a_transaction_waits_for_its_end(tmp_path: Path) -> None:
    async def write(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(insert("child"))

    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            task = asyncio.create_task(write(store))
            await asyncio.sleep(0)
            await tx.execute(insert("parent"))
        await task
        assert await ids(store.data) == ["parent", "child"]

    run(tmp_path, scenario)


def test_callbacks_run_after_the_commit_in_order(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[object] = []

        async def write_more() -> None:
            calls.append(await ids(store.data))
            async with store.data.transaction() as second:
                await second.execute(insert("b"))

        async with store.data.transaction() as tx:
            tx.after_commit(lambda: calls.append("first"))
            tx.after_commit(write_more)
            tx.after_commit(lambda: calls.append("last"))
            tx.after_rollback(lambda: calls.append("never"))
            await tx.execute(insert("a"))
            assert calls == []
        assert calls == ["first", ["a"], "last"]
        assert await ids(store.data) == ["a", "b"]

    run(tmp_path, scenario)


def test_a_callback_that_fails_in_the_moment_of_the_commit_undoes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []

        def fail() -> None:
            raise LookupError

        async with store.data.transaction() as tx:
            tx.at_commit(fail)
            tx.at_commit(lambda: calls.append("at"))
            tx.after_commit(lambda: calls.append("after"))
            tx.after_rollback(lambda: calls.append("never"))
            await tx.execute(insert("a"))
        assert calls == ["at", "after"]
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)
    assert "in the moment of a commit failed" in caplog.text


def test_callbacks_run_after_the_rollback_in_reverse_order(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []

        async def slow() -> None:
            await asyncio.sleep(0)
            calls.append("second")

        with pytest.raises(Oops):
            async with store.data.transaction() as tx:
                tx.after_rollback(lambda: calls.append("first"))
                tx.after_rollback(slow)
                tx.after_commit(lambda: calls.append("never"))
                raise Oops
        assert calls == ["second", "first"]

    run(tmp_path, scenario)


def test_a_failing_callback_stops_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []

        def fail() -> None:
            raise Oops

        async with store.data.transaction() as tx:
            tx.after_commit(fail)
            tx.after_commit(lambda: calls.append("last"))
            await tx.execute(insert("a"))
        assert calls == ["last"]
        assert await ids(store.data) == ["a"]

    with caplog.at_level(logging.ERROR, "pbpy.store"):
        run(tmp_path, scenario)
    assert "Oops" in caplog.text


def test_a_cancellation_during_callbacks_waits_for_the_last_one(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []
        entered = asyncio.Event()

        async def wait() -> None:
            entered.set()
            await asyncio.Event().wait()

        async def write() -> None:
            async with store.data.transaction() as tx:
                tx.after_commit(wait)
                tx.after_commit(lambda: calls.append("last"))
                await tx.execute(insert("a"))

        task = asyncio.create_task(write())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert calls == ["last"]
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)


def test_savepoints_undo_their_block_only(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []
        async with store.data.transaction() as tx:
            tx.after_commit(lambda: calls.append("outer commit"))
            await tx.execute(insert("a"))
            with pytest.raises(Oops):
                async with tx.savepoint():
                    tx.after_commit(lambda: calls.append("never"))
                    tx.after_rollback(lambda: calls.append("undone 1"))
                    await tx.execute(insert("b"))
                    async with tx.savepoint():
                        tx.after_rollback(lambda: calls.append("undone 2"))
                        await tx.execute(insert("c"))
                    raise Oops
            assert calls == ["undone 2", "undone 1"]
            assert await ids(tx) == ["a"]
            async with tx.savepoint():
                tx.after_commit(lambda: calls.append("inner commit"))
                tx.after_rollback(lambda: calls.append("never"))
                await tx.execute(insert("d"))
                with pytest.raises(UniqueViolation):
                    async with tx.savepoint():
                        await tx.execute(insert("e"))
                        await tx.execute(insert("a"))
        assert await ids(store.data) == ["a", "d"]
        assert calls[2:] == ["outer commit", "inner commit"]

    run(tmp_path, scenario)


@pytest.mark.parametrize("where", ["execute_long", "read", "sleep"])
def test_cancellation_rolls_back_and_frees_the_lock(tmp_path: Path, where: str) -> None:
    async def scenario(store: Store) -> None:
        entered = asyncio.Event()

        async def write() -> None:
            async with store.data.transaction() as tx:
                await tx.execute(insert("a"))
                entered.set()
                if where == "execute_long":
                    await tx.execute_long(Sql(f"INSERT INTO t(id) {ENDLESS.text}"))
                elif where == "read":
                    await tx.value(ENDLESS)
                else:
                    await asyncio.Event().wait()

        task = asyncio.create_task(write())
        await entered.wait()
        await asyncio.wait([task], timeout=0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with store.data.transaction() as tx:
            await tx.execute(insert("b"))
        assert await ids(store.data) == ["b"]

    run(tmp_path, scenario)


def test_a_task_cancelled_while_it_waits_for_the_lock_leaves_it_alone(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async def write(name: str) -> None:
            async with store.data.transaction() as tx:
                await tx.execute(insert(name))

        async with store.data.transaction() as tx:
            tasks = [asyncio.create_task(write(name)) for name in "ab"]
            await asyncio.sleep(0.01)
            tasks[0].cancel()
            await tx.execute(insert("first"))
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await ids(store.data) == ["first", "b"]

    run(tmp_path, scenario)


def test_statements_of_several_tasks_share_a_transaction_with_a_thread(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            results = await asyncio.gather(
                tx.execute_long(insert("a")),
                tx.execute(insert("b")),
                tx.value(count_to(100_000)),
                tx.execute(insert("c")),
                tx.execute_long(insert("d")),
            )
            assert list(results) == [1, 1, 100_000, 1, 1]
        assert sorted(await ids(store.data)) == ["a", "b", "c", "d"]

    run(tmp_path, scenario)


def test_the_loop_goes_on_during_a_long_write(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with loop_lags() as lags, store.data.transaction() as tx:
            numbers = count_to(300_000).text.replace("count(*)", "x, x")
            await tx.execute_long(Sql(f"INSERT INTO t {numbers}", (300_000,)))
        assert len(lags) > 5
        assert sorted(lags)[len(lags) // 2] < 0.01

    run(tmp_path, scenario)


def test_a_full_disk_undoes_the_transaction_and_is_forgotten_when_there_is_room(
    tmp_path: Path,
) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []
        limit = await store.data.value(Sql("PRAGMA page_count"))
        async with store.data.transaction() as tx:
            await tx.all(Sql(f"PRAGMA max_page_count = {limit!r}"))
        with pytest.raises(StorageFull):
            async with store.data.transaction() as tx:
                tx.after_rollback(lambda: calls.append("rolled back"))
                for number in range(100):
                    await tx.execute(insert("x" * 5000 + str(number)))
        assert calls == ["rolled back"]
        assert await ids(store.data) == []
        async with store.data.transaction() as tx:
            await tx.all(Sql("PRAGMA max_page_count = 1000000"))
            await tx.execute(insert("a"))
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)


def test_nothing_runs_outside_of_a_transaction_that_sqlite_has_rolled_back(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []
        async with store.data.transaction() as tx:
            await tx.execute(insert("a"))
        with pytest.raises(StoreError):
            async with store.data.transaction() as tx:
                tx.after_rollback(lambda: calls.append("rolled back"))
                tx.after_commit(lambda: calls.append("never"))
                await tx.execute(insert("b"))
                with pytest.raises(UniqueViolation):
                    # What SQLite does by itself when a disk is full in the middle of a change.
                    await tx.execute(Sql("INSERT OR ROLLBACK INTO t(id) VALUES ('a')"))
                for use in (tx.execute, tx.execute_long, tx.all):
                    with pytest.raises(UniqueViolation):
                        await use(insert("outside"))
        assert calls == ["rolled back"]
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)


def test_a_read_only_database_refuses_writes_until_it_is_writable_again(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.all(Sql("PRAGMA query_only = ON"))
        with pytest.raises(StorageFull):
            async with store.data.transaction() as tx:
                await tx.execute(insert("a"))
        await store.data.run_alone(Sql("PRAGMA query_only = OFF"))
        async with store.data.transaction() as tx:
            await tx.execute(insert("b"))
        assert await ids(store.data) == ["b"]

    run(tmp_path, scenario)


def test_a_commit_that_fails_rolls_back(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        calls: list[str] = []
        async with store.data.transaction() as tx:
            await tx.execute(
                Sql("CREATE TABLE child (p REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)")
            )
        with pytest.raises(ConstraintViolation):
            async with store.data.transaction() as tx:
                tx.after_commit(lambda: calls.append("never"))
                tx.after_rollback(lambda: calls.append("rolled back"))
                await tx.execute(insert("a"))
                await tx.execute(Sql("INSERT INTO child VALUES ('missing')"))
        assert calls == ["rolled back"]
        assert await ids(store.data) == []
        async with store.data.transaction() as tx:
            await tx.execute(insert("b"))

    run(tmp_path, scenario)


def test_a_lock_of_another_process_is_waited_for_without_blocking_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbpy.store.writer.LOCK_TIMEOUT_S", 0.1)

    async def scenario(store: Store) -> None:
        async with opened(tmp_path) as other, other.data.transaction():
            async with loop_lags() as lags:
                with pytest.raises(Busy, match=r"data\.db was locked by another process"):
                    async with store.data.transaction():
                        pass
            assert len(lags) > 5
        async with store.data.transaction() as tx:
            await tx.execute(insert("a"))
        assert await ids(store.data) == ["a"]

    run(tmp_path, scenario)


def test_a_transaction_that_waits_for_its_own_child_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbpy.store.transaction.LOCK_TIMEOUT_S", 0.1)

    async def write(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(insert("child"))

    async def scenario(store: Store) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(insert("parent"))
            with pytest.raises(Busy, match="has not ended"):
                await asyncio.create_task(write(store))
        assert await ids(store.data) == ["parent"]

    run(tmp_path, scenario)


def test_a_transaction_left_while_another_task_uses_it_ends_cleanly(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(Oops):
            async with store.data.transaction() as tx:
                task = asyncio.create_task(tx.execute_long(insert("a")))
                await asyncio.sleep(0)
                raise Oops
        assert await task == 1
        assert await ids(store.data) == []
        async with store.data.transaction() as tx:
            await tx.execute(insert("b"))
        assert await ids(store.data) == ["b"]

    run(tmp_path, scenario)

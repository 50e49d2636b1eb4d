"""Opening and closing a data directory; reads on the loop and in threads."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from pbpy.config import Config
from pbpy.errors import ConfigError, QueryTimeout, SqlRejected, StorageFull
from pbpy.store.connection import require_sqlite
from pbpy.store.sql import Sql
from pbpy.store.store import Store
from tests.store.stores import ENDLESS, count_to, ids, insert, loop_lags, opened

if TYPE_CHECKING:
    from pathlib import Path


def test_clean_stop_leaves_only_the_two_databases(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "new" / "pb_data") as store:
            async with store.data.transaction() as tx:
                await tx.execute(insert("a"))
            assert (tmp_path / "new" / "pb_data" / "data.db-wal").exists()

    asyncio.run(scenario())
    names = sorted(path.name for path in (tmp_path / "new" / "pb_data").iterdir())
    assert names == ["auxiliary.db", "data.db"]


def test_pragmas_are_those_of_pocketbase(tmp_path: Path) -> None:
    expected = {
        "journal_mode": "wal",
        "journal_size_limit": 200_000_000,
        "synchronous": 1,
        "foreign_keys": 1,
        "temp_store": 2,
        "cache_size": -32_000,
        "busy_timeout": 0,
        "page_size": 4096,
        "auto_vacuum": 0,
    }

    async def scenario() -> None:
        async with opened(tmp_path) as store:
            for database in (store.data, store.auxiliary):
                for name, value in expected.items():
                    assert await database.value(Sql(f"PRAGMA {name}")) == value
                async with database.transaction() as tx:
                    for name, value in expected.items():
                        assert await tx.value(Sql(f"PRAGMA {name}")) == value

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("text", "found"), [('SELECT "no column"', "no column"), ("SELECT 'A' LIKE 'a'", 1)]
)
def test_texts_mean_what_they_mean_in_pocketbase(tmp_path: Path, text: str, found: object) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            assert await store.data.value(Sql(text)) == found

    asyncio.run(scenario())


def test_bytes_that_are_no_utf_8_are_shown_as_replacements(tmp_path: Path) -> None:
    """PocketBase stores the bytes of a form as they come."""

    async def scenario() -> None:
        async with opened(tmp_path) as store:
            async with store.data.transaction() as tx:
                await tx.execute(insert("good", 1))
                await tx.execute(Sql("INSERT INTO t VALUES (CAST(x'ff41' AS TEXT), ?)", (2,)))
                assert await tx.one(Sql("SELECT id, n FROM t WHERE n = ?", (2,))) == ("\ufffdA", 2)
            select = Sql("SELECT id, n, NULL, 1.5 FROM t WHERE n > ? ORDER BY n DESC -- all", (0,))
            expected = [("\ufffdA", 2, None, 1.5), ("good", 1, None, 1.5)]
            assert await store.data.all(select) == expected
            assert await store.data.one(select) == expected[0]
            assert await store.data.value(select) == "\ufffdA"
            columns, rows = await store.data.described(select, 1)
            assert (columns[0], rows) == (("id", "TEXT"), expected[:1])

    asyncio.run(scenario())


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.0"])
def test_old_sqlite_is_refused(version: str) -> None:
    with pytest.raises(ConfigError, match=r"3\.51\.3 or later"):
        require_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0"])
def test_new_sqlite_is_accepted(version: str) -> None:
    require_sqlite(version)


def test_a_file_that_is_no_database_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "auxiliary.db").write_text("no database at all\n" * 100)
    with pytest.raises(ConfigError, match=r"auxiliary\.db cannot be opened"):
        asyncio.run(Store.open(Config(data_dir=tmp_path)))


def test_a_data_directory_that_cannot_be_made_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        asyncio.run(Store.open(Config(data_dir=tmp_path / "file" / "pb_data")))


@pytest.mark.parametrize("inline_opcodes", [20_000, 0])
def test_reads_give_the_same_on_the_loop_and_in_threads(
    tmp_path: Path, inline_opcodes: int
) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, inline_opcodes=inline_opcodes) as store:
            async with store.data.transaction() as tx:
                await tx.execute(insert("a", 1))
                await tx.execute(insert("b", 2))
            db = store.data
            assert await db.all(Sql("SELECT id, n FROM t")) == [("a", 1), ("b", 2)]
            assert await db.one(Sql("SELECT id, n FROM t")) == ("a", 1)
            assert await db.one(Sql("SELECT id FROM t WHERE n = ?", (3,))) is None
            assert await db.value(Sql("SELECT n FROM t WHERE id = ?", ("b",))) == 2
            assert await db.value(Sql("SELECT n FROM t WHERE id = ?", ("c",))) is None
            assert await db.value(count_to(200_000)) == 200_000

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("SELEC 1", ()),
        ("SELECT x FROM t", ()),
        ("SELECT 1 FROM missing", ()),
        ("SELECT ?", ()),
        ("SELECT ?", (1 << 64,)),
        ("SELECT ?", ("\ud800",)),
        ("SELECT 1\0", ()),
    ],
)
def test_statements_that_cannot_run_are_rejected(
    tmp_path: Path, text: str, params: tuple[str | int, ...]
) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            with pytest.raises(SqlRejected):
                await store.data.all(Sql(text, params))
            with pytest.raises(SqlRejected):
                await store.data.described(Sql(text, params), 1)
            async with store.data.transaction() as tx:
                with pytest.raises(SqlRejected):
                    await tx.all(Sql(text, params))
                with pytest.raises(SqlRejected):
                    await tx.execute(Sql(text, params))
                await tx.execute(insert("still works"))
            assert await ids(store.data) == ["still works"]

    asyncio.run(scenario())


def test_readers_cannot_write(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            with pytest.raises(StorageFull):
                await store.data.all(insert("a"))
            with pytest.raises(StorageFull):
                await store.data.described(insert("a"), 1)
            assert await ids(store.data) == []

    asyncio.run(scenario())


def test_the_loop_goes_on_while_a_slow_query_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            async with loop_lags() as lags:
                slow = asyncio.create_task(store.data.value(count_to(3_000_000)))
                while not slow.done():
                    await store.data.value(Sql("SELECT count(*) FROM t"))
                    await asyncio.sleep(0.001)
            assert slow.result() == 3_000_000
            assert len(lags) > 10
            assert sorted(lags)[len(lags) // 2] < 0.01

    asyncio.run(scenario())


def test_a_query_over_the_time_limit_is_interrupted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, query_timeout_s=0.1) as store:
            started = time.monotonic()
            with pytest.raises(QueryTimeout):
                await store.data.value(ENDLESS)
            async with store.data.transaction() as tx:
                with pytest.raises(QueryTimeout):
                    await tx.value(ENDLESS)
                await tx.execute(insert("a"))
            assert time.monotonic() - started < 5
            assert await ids(store.data) == ["a"]

    asyncio.run(scenario())


def test_queries_are_interrupted_when_their_task_is_cancelled(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            # More than there are threads: the others never start.
            tasks = [asyncio.create_task(store.data.value(ENDLESS)) for _ in range(100)]
            await asyncio.wait(tasks, timeout=0.05)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in results)
            # All threads are free again, or this would wait for ever.
            counts = await asyncio.gather(*(store.data.value(count_to(100_000)) for _ in range(20)))
            assert counts == [100_000] * 20

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_very_slow_queries_do_not_hold_up_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            tasks = [asyncio.create_task(store.data.value(ENDLESS)) for _ in range(20)]
            await asyncio.sleep(0)
            assert await store.data.value(count_to(50_000)) == 50_000
            assert not any(task.done() for task in tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_statement_moves_to_threads_while_it_is_slow(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            slow = store.data._slow
            text = count_to(1).text
            assert await store.data.value(count_to(10)) == 10
            assert text not in slow
            assert await store.data.value(count_to(100_000)) == 100_000
            assert text in slow
            # Quick again: forgotten as soon as a thread needs less than 0.1 ms for it.
            for _ in range(100):
                assert await store.data.value(count_to(10)) == 10
            assert text not in slow

    asyncio.run(scenario())


def test_statements_with_large_values_move_to_threads(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            sql = Sql("SELECT hex(zeroblob(?))", (10_000_000,))
            for _ in range(3):
                assert len(str(await store.data.value(sql))) == 20_000_000
            assert sql.text in store.data._slow

    asyncio.run(scenario())


def test_closing_interrupts_what_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            task = asyncio.create_task(store.data.value(ENDLESS))
            await asyncio.wait([task], timeout=0.05)
        with pytest.raises(QueryTimeout):
            await task

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_described_gives_names_and_declared_types_even_without_rows(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            question = Sql("SELECT id, n, count(*) OVER () AS total FROM t WHERE id <> ?", ("b",))
            columns = [("id", "TEXT"), ("n", ""), ("total", "")]
            assert await store.data.described(question, 2) == (columns, [])
            async with store.data.transaction() as tx:
                for name in "abcd":
                    await tx.execute(insert(name))
                found = (columns, [("a", None, 3), ("c", None, 3)])
                assert await tx.described(question, 2) == found
            assert await store.data.described(question, 2) == found

    asyncio.run(scenario())


def test_data_version_tells_commits_of_other_processes_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store, opened(tmp_path) as other:
            before = await store.data.data_version()
            async with store.data.transaction() as tx:
                await tx.execute(insert("own"))
            assert await store.data.data_version() == before
            async with other.data.transaction() as tx:
                await tx.execute(insert("theirs"))
            assert await store.data.data_version() != before

    asyncio.run(scenario())


def test_the_log_restarts_under_constant_writing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            for number in range(3000):
                async with store.data.transaction() as tx:
                    await tx.execute(insert(f"{number}" * 50, number))
            pages = (tmp_path / "data.db-wal").stat().st_size / 4096
            assert pages < 1500

    asyncio.run(scenario())


def test_vacuum_runs_outside_of_a_transaction(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            await store.data.run_alone(Sql("VACUUM"))

    asyncio.run(scenario())


def test_cached_statements_follow_a_change_of_the_table(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            everything = Sql("SELECT * FROM t")
            async with store.data.transaction() as tx:
                await tx.execute(insert("a", 1))
            assert await store.data.all(everything) == [("a", 1)]
            async with store.data.transaction() as tx:
                assert await tx.all(everything) == [("a", 1)]
                await tx.execute_long(Sql("ALTER TABLE t ADD more DEFAULT 'x'"))
                assert await tx.all(everything) == [("a", 1, "x")]
                assert await store.data.all(everything) == [("a", 1)]
            assert await store.data.all(everything) == [("a", 1, "x")]

    asyncio.run(scenario())


def test_the_last_of_several_processes_leaves_only_the_databases(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            async with opened(tmp_path) as other, other.data.transaction() as tx:
                await tx.execute(insert("a"))
            assert await ids(store.data) == ["a"]

    asyncio.run(scenario())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["auxiliary.db", "data.db"]

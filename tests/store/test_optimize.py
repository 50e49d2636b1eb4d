"""What the store tidies up in itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy.store.sql import Sql
from tests.store.stores import opened

if TYPE_CHECKING:
    from pathlib import Path

STATISTICS = Sql("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'")


def test_statistics_are_made_and_the_log_is_emptied(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            async with store.data.transaction() as tx:
                await tx.execute_long(
                    Sql(
                        "WITH RECURSIVE c(x) AS"
                        " (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 999)"
                        " INSERT INTO t SELECT 'r' || x, x FROM c"
                    )
                )
            async with store.data.transaction() as tx:
                assert await tx.all(Sql("SELECT id FROM t WHERE n = 7")) == [("r7",)]
            log = tmp_path / "data.db-wal"
            assert log.stat().st_size > 0
            assert await store.data.value(STATISTICS) == 0
            await store.data.optimize()
            assert await store.data.value(STATISTICS) == 1
            assert log.stat().st_size == 0
            assert await store.data.value(Sql("SELECT count(*) FROM t")) == 999

    asyncio.run(main())


def test_readers_and_writers_do_not_mind(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:

            async def write(number: int) -> None:
                async with store.data.transaction() as tx:
                    await tx.execute(Sql("INSERT INTO t VALUES (?, ?)", (f"w{number}", number)))

            async def read() -> None:
                for _ in range(200):
                    await store.data.value(Sql("SELECT max(n) FROM t"))
                    await asyncio.sleep(0)

            work = [write(number) for number in range(100)]
            await asyncio.gather(*work, read(), *(store.data.optimize() for _ in range(5)))
            assert await store.data.value(Sql("SELECT count(*) FROM t")) == 100

    asyncio.run(asyncio.wait_for(main(), 30))

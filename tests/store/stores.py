"""Open stores and probe the event loop, for the tests of this folder."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pbpy.config import Config
from pbpy.store.sql import Sql
from pbpy.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pbpy.store.access import Reader

ENDLESS = Sql(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
)


def count_to(number: int) -> Sql:
    """Return a statement whose cost grows with number."""
    return Sql(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?)"
        " SELECT count(*) FROM c",
        (number,),
    )


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[Store]:
    """Open the store of folder with a table `t(id unique, n unique)` and close it at the end."""
    store = await Store.open(Config(data_dir=folder, **options))
    try:
        async with store.data.transaction() as tx:
            await tx.execute(Sql("CREATE TABLE IF NOT EXISTS t (id TEXT PRIMARY KEY, n UNIQUE)"))
        yield store
    finally:
        await store.close()


def insert(name: str, number: int | None = None) -> Sql:
    return Sql("INSERT INTO t VALUES (?, ?)", (name, number))


async def ids(db: Reader) -> list[str]:
    return [str(row[0]) for row in await db.all(Sql("SELECT id FROM t ORDER BY rowid"))]


@asynccontextmanager
async def loop_lags() -> AsyncIterator[list[float]]:
    """Yield a list that fills with how late the loop was, in seconds, every 2 ms."""
    lags: list[float] = []

    async def probe() -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.002)
            lags.append(time.perf_counter() - started - 0.002)

    task = asyncio.create_task(probe())
    try:
        yield lags
    finally:
        task.cancel()

"""Run a scenario on an open App, and ask its database what is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy.app import App
from pbpy.config import Config
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


def run(folder: Path, scenario: Callable[[App], Awaitable[None]]) -> None:
    async def main() -> None:
        async with App(Config(data_dir=folder)) as app:
            await scenario(app)

    asyncio.run(asyncio.wait_for(main(), 60))


async def columns(app: App, table: str) -> list[str]:
    rows = await app.db.all(Sql("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,)))
    return [str(row[0]) for row in rows]


async def everything(app: App) -> tuple[object, ...]:
    """Return the schema of the database, all collection rows, and the catalog."""
    schema = await app.db.all(Sql("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2"))
    rows = await app.db.all(Sql("SELECT * FROM _collections ORDER BY rowid"))
    return schema, rows, app.catalog.collections


async def index_names(app: App, table: str) -> list[str]:
    sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    return sorted(str(row[0]) for row in await app.db.all(Sql(sql, (table,))))

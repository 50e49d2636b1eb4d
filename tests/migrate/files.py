"""Write migration files and run them on an open App."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pbpy.migrate.loader import load_migration
from pbpy.store.sql import Sql
from pbpy.sync_app import call_with_app

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App
    from pbpy.store.sql import Row

HEAD = "from pbpy.migrations import *\n\n"


def write(
    folder: Path, name: str, up: str, down: str | None = "pass", *, kind: str = "async def"
) -> Path:
    """Write a file whose functions have these bodies; no `down` for None."""
    text = f"{HEAD}{kind} up(app):\n{textwrap.indent(up, '    ')}\n"
    if down is not None:
        text += f"\n{kind} down(app):\n{textwrap.indent(down, '    ')}\n"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def create(name: str) -> str:
    """Return the body of an `up` that creates a collection with a field `title`."""
    return f'await app.save(Collection.new_base("{name}", fields=[Text("title")]))'


def delete(name: str) -> str:
    """Return the body of a `down` that deletes it."""
    return f'await app.delete(app.get_collection("{name}"))'


async def run_file(app: App, path: Path, direction: str) -> None:
    """Run one function of a file, without a note."""
    function = getattr(load_migration(path), direction)
    await call_with_app(function, app)


async def applied(app: App) -> list[str]:
    """Return the names in `_migrations` that are not PocketBase's, in order of application."""
    rows = await app.db.all(Sql("SELECT file FROM _migrations ORDER BY applied"))
    return [str(row[0]) for row in rows if not str(row[0]).endswith(".go")]


async def everything(app: App) -> list[list[Row]]:
    """Return the schema and the rows of the tables that a migration may touch."""
    names = await app.db.all(Sql("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1"))
    statements = [f"SELECT * FROM `{row[0]!s}`" for row in names if row[0] != "sqlite_stat1"]
    return [
        await app.db.all(Sql(text))
        for text in ("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2", *statements)
    ]

"""A real database and the part of the application that fields may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from pbpy.config import Config
from pbpy.fields import Relation, Text
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection
from pbpy.store.sql import Sql
from pbpy.store.store import Database

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.context import Context

TAGS = Collection(name="tags", id="pbc_tags", fields=(Text("id", id="t1", primary_key=True),))
POSTS = Collection(
    name="posts",
    id="pbc_posts",
    fields=(
        Text("id", id="t2", primary_key=True, pattern="^.+$"),
        Relation("tags", id="r1", collection_id="pbc_tags", max_select=3),
        Relation("lost", id="r2", collection_id="pbc_gone"),
    ),
)


@dataclass
class Reading:
    """What fields use of a Context."""

    db: Database
    catalog: Catalog = field(default_factory=lambda: Catalog([TAGS, POSTS]))


@pytest.fixture(name="database")
def open_database(tmp_path: Path) -> Database:
    return Database(tmp_path / "data.db", Config(data_dir=tmp_path))


async def fill(database: Database) -> Context:
    """Create both tables with some rows; return a context over them."""
    async with database.transaction() as tx:
        for table in ("tags", "posts"):
            await tx.execute(Sql(f"CREATE TABLE `{table}` (`id` TEXT PRIMARY KEY)"))
        for table, record_id in (("tags", "red"), ("tags", "green"), ("posts", "Abc")):
            await tx.execute(Sql(f"INSERT INTO `{table}` VALUES (?)", (record_id,)))
    return cast("Context", Reading(database))

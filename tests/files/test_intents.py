"""Intents: after a crash, the row decides which files stay."""

from __future__ import annotations

import asyncio
import io
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from pbpy.config import Config
from pbpy.fields import File, Text
from pbpy.files.intents import FOLDER, Intents
from pbpy.files.local import LocalStorage
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection
from pbpy.store.sql import Sql
from pbpy.store.store import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.context import Context

POSTS = Collection(
    name="posts",
    id="pbc_posts",
    fields=(Text("id", primary_key=True), File("cover"), File("pages", max_select=5)),
)


@dataclass
class Reading:
    """What the sweep uses of a Context."""

    db: Database
    storage: LocalStorage
    catalog: Catalog
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("pbpy"))


def notes(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / FOLDER).glob("*/*.json"))


def crash(intents: Intents) -> None:
    """Do what the operating system does for a process that was killed."""
    assert intents._lock is not None
    os.close(intents._lock)
    intents._lock = None


@pytest.fixture(name="sweep")
def make_sweep(tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function that notes names down, stores them, sweeps, and lists what is left."""

    def sweep(
        names: list[str], *, collection_id: str = "pbc_posts", record_id: str = "r1"
    ) -> list[str]:
        return asyncio.run(_sweep(tmp_path, names, collection_id, record_id))

    return sweep


async def _sweep(folder: Path, names: list[str], collection_id: str, record_id: str) -> list[str]:
    database = Database(folder / "data.db", Config(data_dir=folder))
    storage = LocalStorage(folder / "storage")
    intents = Intents(folder)
    try:
        async with database.transaction() as tx:
            await tx.execute(
                Sql("CREATE TABLE `posts` (`id` TEXT PRIMARY KEY, `cover` TEXT, `pages` JSON)")
            )
            await tx.execute(
                Sql("INSERT INTO `posts` VALUES ('r1', 'cover.png', '[\"one.txt\",\"two.txt\"]')")
            )
        await intents.open()
        await intents.begin(collection_id, record_id, names)
        for name in (*names, "unnoted.txt", f"thumbs_{names[0]}/100x100_{names[0]}"):
            await storage.put(f"{collection_id}/{record_id}/{name}", io.BytesIO(b"x"), "text/plain")
        ctx = cast("Context", Reading(database, storage, Catalog([POSTS])))
        await Intents(folder).sweep(ctx)
        assert len(notes(folder)) == 1, "a living process was swept"
        crash(intents)
        await Intents(folder).sweep(ctx)
        assert not (folder / FOLDER).exists()
        return [info.key.split("/", 2)[2] for info in await storage.list("")]
    finally:
        await database.close()


def test_files_without_a_row_are_removed_with_their_thumbs(sweep: Callable[..., list[str]]) -> None:
    assert sweep(["new.png"], record_id="r9") == ["unnoted.txt"]


def test_files_that_the_row_names_stay(sweep: Callable[..., list[str]]) -> None:
    left = sweep(["cover.png", "two.txt", "old.txt"])
    assert left == [
        "cover.png",
        "thumbs_cover.png/100x100_cover.png",
        "two.txt",
        "unnoted.txt",
    ]


def test_files_of_a_dropped_collection_are_removed(sweep: Callable[..., list[str]]) -> None:
    assert sweep(["a.txt"], collection_id="pbc_gone") == ["unnoted.txt"]


def intents_run(work: Awaitable[None]) -> None:
    async def wait() -> None:
        await work

    asyncio.run(wait())


def test_an_ended_intent_leaves_no_note(tmp_path: Path) -> None:
    async def work() -> None:
        intents = Intents(tmp_path)
        await intents.open()
        first = await intents.begin("pbc_posts", "r1", ["a"])
        second = await intents.begin("pbc_posts", "r1", ["b"])
        assert len(notes(tmp_path)) == 2
        await intents.end(first)
        await intents.end(second)
        await intents.end(second)
        assert notes(tmp_path) == []
        await intents.close()
        assert not (tmp_path / FOLDER).exists()

    intents_run(work())


def test_a_note_cut_short_by_a_crash_is_dropped(tmp_path: Path) -> None:
    dead = tmp_path / FOLDER / "0123456789abcdef"
    dead.mkdir(parents=True)
    (dead / "lock").touch()
    (dead / "x.json").write_bytes(b'{"collection":')
    (dead / "y.part").write_bytes(b"{")

    async def work() -> None:
        database = Database(tmp_path / "data.db", Config(data_dir=tmp_path))
        ctx = Reading(database, LocalStorage(tmp_path / "storage"), Catalog())
        await Intents(tmp_path).sweep(cast("Context", ctx))
        await database.close()

    intents_run(work())
    assert not (tmp_path / FOLDER).exists()


def test_a_first_start_has_nothing_to_sweep(tmp_path: Path) -> None:
    async def work() -> None:
        database = Database(tmp_path / "data.db", Config(data_dir=tmp_path))
        ctx = Reading(database, LocalStorage(tmp_path / "storage"), Catalog())
        await Intents(tmp_path).sweep(cast("Context", ctx))
        await database.close()

    intents_run(work())
    assert not (tmp_path / FOLDER).exists()


def test_what_cannot_be_deleted_stays_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        intents = Intents(tmp_path)
        await intents.open()
        await intents.begin("pbc_posts", "r9", ["../x"])
        crash(intents)
        database = Database(tmp_path / "data.db", Config(data_dir=tmp_path))
        ctx = Reading(database, LocalStorage(tmp_path / "storage"), Catalog())
        await Intents(tmp_path).sweep(cast("Context", ctx))
        await database.close()

    intents_run(work())
    assert len(notes(tmp_path)) == 1
    assert "are left" in caplog.text

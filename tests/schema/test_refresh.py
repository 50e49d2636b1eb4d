"""Changes by several processes, which are several Apps over one data directory here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import NotFound
from pbpy.fields import Text
from pbpy.schema.collection import Collection
from pbpy.schema.delete import delete_collection
from pbpy.schema.importer import import_collections
from pbpy.schema.merge import merged
from pbpy.schema.refresh import refresh_catalog
from pbpy.schema.save import save_collection, update_collection
from tests.schema.apps import columns, run

if TYPE_CHECKING:
    from pathlib import Path

POSTS = Collection.new_base("posts", fields=(Text(name="title"),))


def test_a_catalog_that_is_up_to_date_is_kept(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        await save_collection(app, POSTS)
        before = app.catalog
        await refresh_catalog(app)
        async with app.transaction() as bound:
            await refresh_catalog(bound)
            assert bound.catalog is before
        assert app.catalog is before

    run(tmp_path, scenario)


def test_a_change_knows_what_another_process_has_done(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        async with App(Config(data_dir=tmp_path)) as other:
            posts = await save_collection(other, POSTS)
            with pytest.raises(NotFound):
                await update_collection(app, POSTS, POSTS.replace(created="x", list_rule=""))
            await refresh_catalog(app)
            assert app.catalog.find("posts") == posts
            await save_collection(other, posts.with_fields(Text(name="text")))
            stale = app.catalog.get("posts")
            await update_collection(app, stale, merged(stale, {"listRule": ""}))
            # as with PocketBase, the last of two changes wins, but table and row agree
            assert sorted(await columns(app, "posts")) == ["id", "title"]
            assert [field.name for field in app.catalog.get("posts").fields] == ["id", "title"]

    run(tmp_path, scenario)


def test_import_and_delete_start_from_the_database(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        async with App(Config(data_dir=tmp_path)) as other:
            posts = await save_collection(other, POSTS)
            await import_collections(app, [{"name": "posts", "listRule": ""}])
            assert app.catalog.get("posts").id == posts.id
            assert sorted(await columns(app, "posts")) == ["id", "title"]
            notes = await save_collection(other, Collection.new_base("notes"))
            await delete_collection(app, notes)
            assert await columns(other, "notes") == []

    run(tmp_path, scenario)

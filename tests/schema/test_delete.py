"""Deleting of collections."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import SchemaError
from pbpy.fields import Relation, Text
from pbpy.records.record import Record
from pbpy.schema.collection import Collection
from pbpy.schema.delete import delete_collection, names_of_referrers
from pbpy.schema.save import save_collection
from tests.schema.apps import columns, everything, run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App


def test_row_table_catalog_and_files_go(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, Collection.new_base("posts"))
        await app.storage.put(f"{posts.id}/abc/a.txt", BytesIO(b"x"), "text/plain")
        before = await app.storage.list("")
        await delete_collection(app, posts)
        assert await columns(app, "posts") == []
        assert app.catalog.find("posts") is None
        assert len(before) == 1
        assert await app.storage.list("") == []
        await app.reload_catalog()
        assert app.catalog.find("posts") is None

    run(tmp_path, scenario)


def test_files_stay_when_the_delete_is_rolled_back(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, Collection.new_base("posts"))
        await app.storage.put(f"{posts.id}/abc/a.txt", BytesIO(b"x"), "text/plain")
        before = await everything(app)
        with pytest.raises(ZeroDivisionError):
            async with app.transaction() as bound:
                await delete_collection(bound, posts)
                raise ZeroDivisionError
        assert await everything(app) == before
        assert len(await app.storage.list("")) == 1

    run(tmp_path, scenario)


def test_system_collections_stay(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        with pytest.raises(SchemaError, match="system collections cannot be deleted"):
            await delete_collection(app, app.catalog.get("_superusers"))

    run(tmp_path, scenario)


def test_what_others_point_to_stays(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, Collection.new_base("posts"))
        await save_collection(
            app,
            Collection.new_base("notes", fields=(Relation(name="post", collection_id=posts.id),)),
        )
        view = Collection.new_view("v", "select id, id as post from posts")
        await save_collection(app, view)
        assert names_of_referrers(app.catalog, posts) == ["notes", "v"]
        before = await everything(app)
        with pytest.raises(SchemaError, match="existing relation references: notes, v"):
            await delete_collection(app, posts)
        assert await everything(app) == before

    run(tmp_path, scenario)


def test_a_collection_that_points_to_itself_can_go(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, Collection.new_base("posts"))
        posts = await save_collection(
            app, posts.with_fields(Relation(name="parent", collection_id=posts.id))
        )
        await delete_collection(app, posts)

    run(tmp_path, scenario)


def test_what_a_view_shows_stays_unless_checks_are_off(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(
            app, Collection.new_base("posts", fields=(Text(name="title"),))
        )
        await save_collection(app, Collection.new_view("v", "select id, title from posts"))
        before = await everything(app)
        with pytest.raises(SchemaError, match=r"existing view dependency: \[v\]"):
            await delete_collection(app, posts)
        assert await everything(app) == before
        await delete_collection(app, posts, with_checks=False)
        assert app.catalog.find("posts") is None

    run(tmp_path, scenario)


def test_system_rows_of_an_auth_collection_go(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        people = await save_collection(app, Collection.new_auth("people"))
        for collection in (people, app.catalog.get("users")):
            user = Record(collection, {"email": "a@b.co", "password": "1234567890"})
            await app.save(user)
            for table, values in {
                "_otps": {"password": "123456"},
                "_mfas": {"method": "password"},
            }.items():
                reference = {"collectionRef": collection.id, "recordRef": user.id}
                await app.save(Record(app.catalog.get(table), reference | values))
        await delete_collection(app, people)
        for table in ("_otps", "_mfas"):
            kept = await app.find_records(table)
            assert [item.get("collectionRef") for item in kept] == ["_pb_users_auth_"]

    run(tmp_path, scenario)


def test_hooks_run_around_the_delete(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        seen: list[str] = []
        for name in ("delete", "delete_execute", "after_delete_success", "after_delete_error"):
            getattr(app, f"on_collection_{name}").bind(lambda _, name=name: seen.append(name))
        posts = await save_collection(app, Collection.new_base("posts"))
        await delete_collection(app, posts)
        assert seen == ["delete", "delete_execute", "after_delete_success"]
        with pytest.raises(SchemaError):
            await delete_collection(app, app.catalog.get("_otps"))
        assert seen[3:] == ["delete", "delete_execute", "after_delete_error"]

    run(tmp_path, scenario)

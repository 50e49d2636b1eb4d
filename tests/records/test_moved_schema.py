"""Requests that meet tables which another process has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.errors import NotFound, SqlRejected
from pbpy.records.moved_schema import with_fresh_catalog
from pbpy.store.sql import Sql
from tests.records.blog import add, get, page, patch, post

if TYPE_CHECKING:
    from pbpy.schema.collection import Collection
    from tests.records.conftest import Play


async def with_other_process(app: App, change: Any) -> None:
    """Change collections as another process does: this one hears nothing of it yet."""
    async with App(app.config) as other:
        await change(other)


def test_requests_run_again_with_the_fresh_catalog(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")
        posts = app.catalog.get("posts")

        async def drop_field(other: App) -> None:
            await other.save(other.catalog.get("posts").without_fields("n"))

        await with_other_process(app, drop_field)
        bodies: list[Any] = [
            await with_fresh_catalog(app, posts, lambda _: page(app, "posts")),
            await with_fresh_catalog(app, posts, lambda _: get(app, "posts", record.id)),
        ]
        assert "n" not in bodies[0]["items"][0]
        assert "n" not in bodies[1]
        await with_fresh_catalog(app, posts, lambda _: patch(app, "posts", record.id, {"n": 1}))

    play(scenario)


def test_create_runs_again_with_the_fresh_catalog(play: Play) -> None:
    async def scenario(app: App) -> None:
        async def rename(other: App) -> None:
            await other.save(other.catalog.get("tags").replace(name="labels"))

        tags = app.catalog.get("tags")
        await with_other_process(app, rename)
        answer = await with_fresh_catalog(
            app, tags, lambda collection: post(app, collection.name, {"name": "x"})
        )
        assert answer["collectionName"] == "labels"

    play(scenario)


def test_deleted_collection_is_not_found(play: Play) -> None:
    async def scenario(app: App) -> None:
        async def delete(other: App) -> None:
            await other.delete(other.catalog.get("comments"))

        comments = app.catalog.get("comments")
        await with_other_process(app, delete)
        with pytest.raises(NotFound, match="Missing collection context"):
            await with_fresh_catalog(app, comments, lambda collection: page(app, collection.name))

    play(scenario)


@pytest.mark.parametrize(("moves", "is_answered"), [(1, True), (4, True), (5, False)])
def test_a_schema_that_keeps_moving_is_followed_for_a_while(
    play: Play, *, moves: int, is_answered: bool
) -> None:
    async def scenario(app: App) -> None:
        tried = 0

        async def operate(collection: Collection) -> str:
            nonlocal tried
            tried += 1
            if tried <= moves:
                await app.db.all(Sql("SELECT `moved` FROM `tags`"))
            return collection.name

        tags = app.catalog.get("tags")
        if is_answered:
            assert await with_fresh_catalog(app, tags, operate) == "tags"
        else:
            with pytest.raises(SqlRejected):
                await with_fresh_catalog(app, tags, operate)

    play(scenario)

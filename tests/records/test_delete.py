"""Deletion: cascades, references, required relations, truncation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import BadRequest, NotFound
from pbpy.fields.relation import Relation
from pbpy.fields.text import Text
from pbpy.records.truncate import truncate_collection
from pbpy.schema.collection import Collection
from tests.records.blog import OPEN, add, add_user, page, remove

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.records.record import Record
    from tests.records.conftest import Play


async def fresh(app: App, record: Record) -> Record | None:
    return await app.find_record(record.collection.name, record.id)


def test_deleted_record_is_gone(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")
        await remove(app, "posts", record.id)
        with pytest.raises(NotFound):
            await remove(app, "posts", record.id)
        assert (await page(app, "posts"))["totalItems"] == 0

    play(scenario)


def test_relations_to_it_are_emptied_or_cascade(play: Play) -> None:
    async def scenario(app: App) -> None:
        author = await add_user(app, "a@b.co")
        other = await add_user(app, "b@b.co")
        post = await add(app, "posts", title="x", author=author.id)
        comment = await add(app, "comments", post=post.id, likes=[other.id, author.id])
        free = await add(app, "comments", text="free")
        await remove(app, "users", author.id)
        kept = await fresh(app, post)
        liked = await fresh(app, comment)
        assert kept is not None
        assert liked is not None
        assert kept.get("author") == ""
        assert liked.get("likes") == (other.id,)
        await remove(app, "posts", post.id)
        assert await fresh(app, comment) is None
        assert await fresh(app, free) is not None

    play(scenario)


def test_cascade_calls_the_hooks_of_what_it_deletes(play: Play) -> None:
    async def scenario(app: App) -> None:
        post = await add(app, "posts", title="x")
        for number in range(3):
            await add(app, "comments", text=str(number), post=post.id)
        seen: list[str] = []

        @app.on_record_after_delete_success.on()
        async def note(event: Any) -> None:
            seen.append(event.record.collection.name)

        await remove(app, "posts", post.id)
        assert sorted(seen) == ["comments", "comments", "comments", "posts"]

    play(scenario)


def test_required_relation_forbids_the_deletion(play: Play) -> None:
    async def scenario(app: App) -> None:
        posts = app.catalog.get("posts")
        relation = Relation("post", collection_id=posts.id, required=True)
        await app.save(Collection.new_base("pins", **OPEN, fields=(relation,)))
        post = await add(app, "posts", title="x")
        comment = await add(app, "comments", post=post.id)
        pin = await add(app, "pins", post=post.id)
        with pytest.raises(BadRequest, match="Make sure that the record is not part of a required"):
            await remove(app, "posts", post.id)
        assert await fresh(app, post) is not None
        assert await fresh(app, comment) is not None
        await remove(app, "pins", pin.id)
        await remove(app, "posts", post.id)

    play(scenario)


def test_circles_and_shared_referrers_end(play: Play) -> None:
    async def scenario(app: App) -> None:
        await app.save(Collection.new_base("nodes", **OPEN, fields=(Text("name"),)))
        nodes = app.catalog.get("nodes")
        parent = Relation("parent", collection_id=nodes.id, cascade=True)
        friends = Relation("friends", collection_id=nodes.id, max_select=9)
        await app.save(nodes.with_fields(parent, friends))
        first = await add(app, "nodes", name="a")
        second = await add(app, "nodes", name="b", parent=first.id)
        third = await add(app, "nodes", name="c", parent=second.id)
        bystander = await add(app, "nodes", friends=[first.id, second.id, third.id])
        first.load({"parent": third.id, "friends": [first.id, second.id]})
        await app.save(first)
        await remove(app, "nodes", second.id)
        assert await app.count_records("nodes") == 1
        left = await fresh(app, bystander)
        assert left is not None
        assert left.get("friends") == ()

    play(scenario)


def test_truncate_deletes_everything_with_cascades(play: Play) -> None:
    async def scenario(app: App) -> None:
        for number in range(3):
            post = await add(app, "posts", title=str(number))
            await add(app, "comments", post=post.id)
        await truncate_collection(app, app.catalog.get("posts"))
        assert await app.count_records("posts") == 0
        assert await app.count_records("comments") == 0

    play(scenario)


def test_truncate_deletes_nothing_when_one_is_required(play: Play) -> None:
    async def scenario(app: App) -> None:
        posts = app.catalog.get("posts")
        relation = Relation("post", collection_id=posts.id, required=True)
        await app.save(Collection.new_base("pins", **OPEN, fields=(relation,)))
        await add(app, "posts", title="a")
        await add(app, "pins", post=(await add(app, "posts", title="b")).id)
        with pytest.raises(BadRequest, match="Failed to truncate collection"):
            await truncate_collection(app, posts)
        assert await app.count_records("posts") == 2

    play(scenario)


def test_views_cannot_be_truncated(play: Play) -> None:
    async def scenario(app: App) -> None:
        await app.save(Collection.new_view("titles", "SELECT id, title FROM posts"))
        with pytest.raises(BadRequest, match="View collections cannot be truncated"):
            await truncate_collection(app, app.catalog.get("titles"))

    play(scenario)

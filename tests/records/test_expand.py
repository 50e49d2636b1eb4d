"""Expansion of relations and back relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.fields.relation import Relation
from pbpy.fields.text import Text
from pbpy.records.expand import parse_paths
from pbpy.schema.collection import Collection
from tests.records.blog import OPEN, add, add_user, get, page

if TYPE_CHECKING:
    from pbpy.app import App
    from tests.records.conftest import Play


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", {}),
        ("a", {"a": {}}),
        ("a,a", {"a": {}}),
        (" a . b , c,", {"a": {"b": {}}, "c": {}}),
        ("a,a.b,a.c.d", {"a": {"b": {}, "c": {"d": {}}}}),
        (".a.", {"a": {}}),
        ("posts_via_author.tags", {"posts_via_author": {"tags": {}}}),
    ],
)
def test_parse_paths(text: str, tree: Any) -> None:
    assert parse_paths(text) == tree


def names(answer: Any, *path: str) -> Any:
    """Return ids or texts under a path of expands."""
    for step in path:
        answer = answer["expand"][step]
    return answer


def test_single_is_an_object_and_multiple_a_list_in_stored_order(play: Play) -> None:
    async def scenario(app: App) -> None:
        author = await add_user(app, "a@b.co", name="anna")
        tags = [await add(app, "tags", name=name) for name in "abc"]
        ids = [tags[2].id, tags[0].id]
        post = await add(app, "posts", title="x", author=author.id, tags=ids)
        answer = await get(app, "posts", post.id, expand="author,tags")
        assert answer["expand"]["author"]["name"] == "anna"
        assert [tag["name"] for tag in answer["expand"]["tags"]] == ["c", "a"]
        assert list(answer["expand"]) == ["author", "tags"]
        assert "email" not in answer["expand"]["author"]

    play(scenario)


def test_nested_paths_share_what_they_begin_with(play: Play) -> None:
    async def scenario(app: App) -> None:
        author = await add_user(app, "a@b.co", name="anna")
        tag = await add(app, "tags", name="t")
        post = await add(app, "posts", title="x", author=author.id, tags=[tag.id])
        await add(app, "comments", text="c", post=post.id, likes=[author.id])
        answer = await page(
            app, "comments", expand="post.author,post.tags,likes.posts_via_author.tags"
        )
        [item] = answer["items"]
        assert names(item, "post", "author")["name"] == "anna"
        assert names(item, "post", "tags")[0]["name"] == "t"
        [liked] = names(item, "likes")
        assert names(liked, "posts_via_author")[0]["expand"]["tags"][0]["name"] == "t"

    play(scenario)


def test_back_relations_of_one_record_and_of_a_page(play: Play) -> None:
    async def scenario(app: App) -> None:
        users = [await add_user(app, f"{number}@b.co") for number in range(3)]
        tag = await add(app, "tags")
        for number in range(4):
            author = users[number % 2]
            await add(app, "posts", title=str(number), author=author.id, tags=[tag.id])
        answer = await page(app, "users", expand="posts_via_author")
        titles = [
            [post["title"] for post in item["expand"].get("posts_via_author", [])]
            for item in answer["items"]
        ]
        assert titles == [["0", "2"], ["1", "3"], []]
        one = await get(app, "users", users[0].id, expand="posts_via_author")
        assert [post["title"] for post in names(one, "posts_via_author")] == ["0", "2"]
        other = await get(app, "tags", tag.id, expand="posts_via_tags")
        assert len(names(other, "posts_via_tags")) == 4
        listed = await page(app, "tags", expand="posts_via_tags,posts(tags)")
        assert len(names(listed["items"][0], "posts(tags)")) == 4
        assert len(names((await page(app, "tags", expand="posts_via_tags"))["items"][0],
                         "posts_via_tags")) == 4  # fmt: skip

    play(scenario)


def test_back_relation_with_a_unique_index_is_an_object(play: Play) -> None:
    async def scenario(app: App) -> None:
        users = app.catalog.get("users")
        await app.save(
            Collection.new_base(
                "profiles",
                **OPEN,
                fields=(Text("bio"), Relation("user", collection_id=users.id)),
                indexes=("CREATE UNIQUE INDEX idx_user ON profiles (user)",),
            )
        )
        user = await add_user(app, "a@b.co")
        await add(app, "profiles", bio="x", user=user.id)
        answer = await get(app, "users", user.id, expand="profiles_via_user")
        assert names(answer, "profiles_via_user")["bio"] == "x"

    play(scenario)


@pytest.mark.parametrize(
    ("expand", "expanded"),
    [
        ("nope", None),
        ("author.nope", None),
        ("author.nope,tags", {"tags"}),
        ("author.nope,author.posts_via_author", {"author"}),
        ("title", None),
        ("comments_via_text", None),
        ("nope_via_post", None),
        ("posts_via_author", None),
        ("author.author_via_x", None),
    ],
)
def test_a_path_that_fails_is_left_out(play: Play, expand: str, expanded: set[str] | None) -> None:
    async def scenario(app: App) -> None:
        author = await add_user(app, "a@b.co")
        tag = await add(app, "tags")
        post = await add(app, "posts", author=author.id, tags=[tag.id])
        answer = await get(app, "posts", post.id, expand=expand)
        assert (set(answer["expand"]) if "expand" in answer else None) == expanded

    play(scenario)


def test_nothing_to_expand_gives_an_empty_object(play: Play) -> None:
    async def scenario(app: App) -> None:
        post = await add(app, "posts")
        answer = await get(app, "posts", post.id, expand="author.nope,tags")
        assert answer["expand"] == {}

    play(scenario)


def test_view_rule_of_the_target_decides(play: Play) -> None:
    async def scenario(app: App) -> None:
        tags = [await add(app, "tags", name=name) for name in "abc"]
        post = await add(app, "posts", tags=[tag.id for tag in tags])
        boss = await add_user(app, "boss@b.co", "_superusers")

        async def seen(auth: Any = None) -> list[str] | None:
            answer = await get(app, "posts", post.id, auth, expand="tags")
            if "expand" not in answer:
                return None
            return [tag["name"] for tag in answer["expand"].get("tags", [])]

        collection = app.catalog.get("tags")
        await app.save(collection.replace(view_rule="name != 'b' && @request.context = 'expand'"))
        assert await seen() == ["a", "c"]
        await app.save(collection.replace(view_rule="name = 'z'"))
        assert await seen() == []
        await app.save(collection.replace(view_rule=None))
        assert await seen() is None
        assert await seen(boss) == ["a", "b", "c"]

    play(scenario)


def test_depth_is_limited(play: Play) -> None:
    async def scenario(app: App) -> None:
        await app.save(Collection.new_base("nodes", **OPEN, fields=(Text("name"),)))
        nodes = app.catalog.get("nodes")
        await app.save(nodes.with_fields(Relation("next", collection_id=nodes.id)))
        node = await add(app, "nodes")
        node.set("next", node.id)
        await app.save(node)
        answer = await get(app, "nodes", node.id, expand=".".join(["next"] * 9))
        depth = 0
        while "next" in answer.get("expand", {}):
            answer = answer["expand"]["next"]
            depth += 1
        assert depth == 6

    play(scenario)


def test_a_thousand_back_related_records_at_most(play: Play) -> None:
    async def scenario(app: App) -> None:
        users = [await add_user(app, f"{number}@b.co") for number in range(2)]
        async with app.transaction() as bound:
            for number in range(1001):
                await add(bound, "posts", title=str(number), author=users[0].id)
        answer = await page(app, "users", expand="posts_via_author", sort="email")
        assert len(names(answer["items"][0], "posts_via_author")) == 1000
        one = await get(app, "users", users[0].id, expand="posts_via_author")
        assert len(names(one, "posts_via_author")) == 1000

    play(scenario)

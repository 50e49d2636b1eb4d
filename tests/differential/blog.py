"""A small world of related records, shared by the scenarios that only read.

PREFIX_posts -> main (one tag), tags (many), author (one user), editors (many users);
PREFIX_comments -> post (one post); PREFIX_notes -> post (one, unique: one note per post).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, auth_collection, base, field, made, user
from tests.differential.steps import su

if TYPE_CHECKING:
    from tests.differential.steps import Json, Step

RED, GREEN, BLUE = "tagred000000001", "taggreen0000001", "tagblue00000001"
POST_A, POST_B, POST_C = "posta0000000001", "postb0000000001", "postc0000000001"
COMMENT_1, COMMENT_2, COMMENT_3 = "comment00000001", "comment00000002", "comment00000003"
NOTE = "note00000000001"


def world(prefix: str, **rules: Json) -> list[Step | list[Step]]:
    """Create the collections and rows; actors are PREFIX_anna and PREFIX_bert.

    rules: options by collection: `tags={"viewRule": None}`.
    """

    def link(name: str, target: str, **options: Json) -> dict[str, Json]:
        return field("relation", name, collectionId=f"{prefix}_{target}_id", **options)

    def identity(name: str) -> dict[str, Json]:
        return {"id": f"{prefix}_{name}_id", **rules.get(name, {})}

    return [
        auth_collection(f"{prefix}_users", CHEAP, field("text", "name"), **identity("users")),
        base(
            f"{prefix}_tags",
            field("text", "name"),
            field("number", "n"),
            field("text", "secret", hidden=True),
            **identity("tags"),
        ),
        base(f"{prefix}_posts", *post_fields(prefix), **identity("posts")),
        base(
            f"{prefix}_comments",
            field("text", "message"),
            link("post", "posts", cascadeDelete=True),
            link("author", "users"),
            **identity("comments"),
        ),
        base(
            f"{prefix}_notes",
            field("text", "text"),
            link("post", "posts"),
            indexes=[f"CREATE UNIQUE INDEX {prefix}_note ON {prefix}_notes (post)"],
            **identity("notes"),
        ),
        *world_rows(prefix),
    ]


def user_id(prefix: str, name: str) -> str:
    """Return the id of a user: ids of auth records are unique over all collections."""
    return f"{prefix}{name}".ljust(15, "0")


def post_fields(prefix: str) -> list[dict[str, Json]]:
    """Return the fields of the posts: one of nearly every type."""
    tags, users = f"{prefix}_tags_id", f"{prefix}_users_id"
    return [
        field("text", "title"),
        field("relation", "tags", collectionId=tags, maxSelect=10),
        field("relation", "main", collectionId=tags),
        field("relation", "author", collectionId=users),
        field("relation", "editors", collectionId=users, maxSelect=10),
        field("select", "sel", values=["a", "b", "c"], maxSelect=3),
        field("select", "one", values=["a", "b", "c"]),
        field("number", "num"),
        field("bool", "bo"),
        field("json", "js"),
        field("date", "d"),
        field("geoPoint", "g"),
        field("editor", "body"),
        field("email", "mail"),
        field("url", "link"),
        field("text", "hid", hidden=True),
        field("autodate", "created", onCreate=True),
    ]


def world_rows(prefix: str) -> list[Step | list[Step]]:
    """Create the rows: posts A and B as in contract A.4, and an empty post C."""
    anna, bert = user_id(prefix, "anna"), user_id(prefix, "bert")
    return [
        user(f"{prefix}_users", anna, f"{prefix}_anna", name="Anna", emailVisibility=True),
        user(f"{prefix}_users", bert, f"{prefix}_bert", name="Bert"),
        made(
            f"{prefix}_tags",
            {"id": RED, "name": "red", "n": 0, "secret": "r"},
            {"id": GREEN, "name": "green", "n": 2, "secret": "g"},
            {"id": BLUE, "name": "blue", "n": -1},
        ),
        made(
            f"{prefix}_posts",
            {
                "id": POST_A,
                "title": "one 100%",
                "tags": [RED, GREEN],
                "main": RED,
                "author": anna,
                "editors": [anna, bert],
                "sel": ["a", "b"],
                "one": "a",
                "num": 1,
                "js": {"a": {"b": [1, 2]}, "s": "x", "t": True, "n": None},
                "d": "2026-01-02 03:04:05.678Z",
                "g": {"lon": 23.3, "lat": 42.6},
                "body": "<p>Hello <b>big</b> world</p><script>x()</script><p>second</p>",
                "mail": "a@example.com",
                "link": "https://example.com/a",
                "hid": "hidden a",
            },
            {
                "id": POST_B,
                "title": "Two_x",
                "tags": [GREEN],
                "main": GREEN,
                "author": bert,
                "editors": [bert],
                "sel": ["a"],
                "num": 2,
                "bo": True,
                "js": "plain",
                "hid": "hidden b",
            },
            {"id": POST_C},
        ),
        made(
            f"{prefix}_comments",
            {"id": COMMENT_1, "message": "first", "post": POST_A, "author": anna},
            {"id": COMMENT_2, "message": "second", "post": POST_A, "author": bert},
            {"id": COMMENT_3, "message": "third", "post": POST_B},
        ),
        made(f"{prefix}_notes", {"id": NOTE, "text": "the note", "post": POST_A}),
        su.get(f"/api/collections/{prefix}_posts/records?sort=id"),
    ]

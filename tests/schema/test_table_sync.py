"""Tables, indexes and views after a change, against what the real PocketBase makes of it.

Each case starts from a directory that PocketBase has filled. It changes a collection in one
copy, `sync_table` does the same in another, and both must hold the same schema and rows.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.config import Config
from pbpy.errors import SchemaError, ValidationFailed
from pbpy.fields import Number, Select, Text
from pbpy.schema.collection import Collection
from pbpy.schema.queries import load_collection_rows
from pbpy.schema.stored import catalog_from_rows
from pbpy.schema.table_sync import drop_table, sync_table
from pbpy.store.sql import Sql
from pbpy.store.store import Store
from tests.servers import find_command, start_pocketbase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pbpy.store.sql import Row
    from tests.servers import Server

MASTER = Sql(
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    " ORDER BY type, name"
)
TEXT = {"id": "f1", "name": "title", "type": "text"}
MORE = {"id": "f2", "name": "body", "type": "editor"}
TAGS = {"id": "f3", "name": "tags", "type": "select", "values": ["a", "b", "c"], "maxSelect": 3}
MAIN = {"id": "f4", "name": "main", "type": "select", "values": ["a", "b", "c"], "maxSelect": 1}
FILES = {"id": "f5", "name": "docs", "type": "file", "maxSelect": 2}
ALL_KINDS: list[dict[str, Any]] = [
    TEXT,
    MORE,
    TAGS,
    MAIN,
    FILES,
    {"id": "g1", "name": "number", "type": "number"},
    {"id": "g2", "name": "flag", "type": "bool"},
    {"id": "g3", "name": "mail", "type": "email"},
    {"id": "g4", "name": "link", "type": "url"},
    {"id": "g5", "name": "day", "type": "date"},
    {"id": "g6", "name": "Made", "type": "autodate", "onCreate": True},
    {"id": "g7", "name": "data", "type": "json"},
    {"id": "g8", "name": "secret", "type": "password"},
    {"id": "g9", "name": "place", "type": "geoPoint"},
]
RECORDS = [
    {"title": "first", "body": "one", "tags": ["a", "b"], "main": "b"},
    {"title": "second", "body": "two", "tags": [], "main": ""},
    {"title": "third", "body": "[1]", "tags": ["c"], "main": "c"},
]
BY_TITLE = "CREATE INDEX `by_title` ON `posts` (`title`)"
BY_BOTH = "create unique index if not exists by_both on posts (title desc, body COLLATE nocase)"
PARTIAL = "CREATE INDEX partial ON posts (lower(`title`)) WHERE `title` != ''"
VIEW = {"name": "short", "type": "view", "viewQuery": "select id, title, tags from posts;"}


@dataclass(frozen=True)
class Case:
    """A change of the collection `posts`, or of `target`, in a directory with these contents."""

    name: str
    change: dict[str, Any]
    fields: tuple[dict[str, Any], ...] = (TEXT, MORE, TAGS, MAIN)
    indexes: tuple[str, ...] = ()
    views: tuple[dict[str, Any], ...] = ()
    target: str = "posts"


def fields(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"fields": list(listed)}


CASES = [
    Case("new collection", {"name": "copy", "type": "base", "fields": ALL_KINDS}, target=""),
    Case(
        "new collection with indexes",
        {
            "name": "copy",
            "type": "base",
            "fields": [TEXT, MORE],
            "indexes": [
                item.replace("posts", "copy").replace("by_", "copy_").replace("partial", "p2")
                for item in (BY_TITLE, BY_BOTH, PARTIAL)
            ],
        },
        target="",
    ),
    Case("new auth collection", {"name": "people", "type": "auth", "fields": [TEXT]}, target=""),
    Case("new view", VIEW, target=""),
    Case("rename", {"name": "articles"}, indexes=(BY_TITLE, BY_BOTH, PARTIAL), views=(VIEW,)),
    Case("rename to other case", {"name": "Posts"}, indexes=(BY_TITLE,)),
    Case("add field", fields(TEXT, MORE, TAGS, MAIN, {"id": "n", "name": "a", "type": "number"})),
    Case("add list field", fields(TEXT, MORE, TAGS, MAIN, FILES)),
    Case("add every kind", fields(*ALL_KINDS)),
    Case("remove field", fields(TEXT, TAGS, MAIN), indexes=(BY_TITLE,)),
    Case(
        "rename field",
        fields({**TEXT, "name": "headline"}, MORE, TAGS, MAIN),
        views=(VIEW,),
    ),
    Case(
        "swap names",
        fields({**TEXT, "name": "body"}, {**MORE, "name": "title"}, TAGS, MAIN),
        indexes=(BY_TITLE,),
    ),
    Case("reuse a name", fields(MORE, TAGS, MAIN, {"id": "n", "name": "title", "type": "json"})),
    Case("list to single", fields(TEXT, MORE, {**TAGS, "maxSelect": 1}, MAIN), views=(VIEW,)),
    Case("single to list", fields(TEXT, MORE, TAGS, {**MAIN, "maxSelect": 2}), views=(VIEW,)),
    Case(
        "both at once and renamed",
        fields(
            TEXT,
            MORE,
            {**TAGS, "maxSelect": 1, "name": "tag"},
            {**MAIN, "maxSelect": 2, "name": "mains"},
        ),
        indexes=(BY_TITLE,),
    ),
    Case("add indexes", {"indexes": [BY_TITLE, PARTIAL]}, indexes=(BY_TITLE,)),
    Case("remove indexes", {"indexes": [PARTIAL]}, indexes=(BY_TITLE, PARTIAL)),
    Case(
        "change an index", {"indexes": [BY_TITLE.replace("title`)", "body`)")]}, indexes=(BY_TITLE,)
    ),
    Case("rules only", {"listRule": "title = 'a'"}, indexes=(BY_TITLE,), views=(VIEW,)),
    Case(
        "change view",
        {"viewQuery": "select id, (body || '!') as loud from posts"},
        views=(VIEW,),
        target="short",
    ),
    Case("rename view", {"name": "brief"}, views=(VIEW,), target="short"),
]


def send(server: Server, method: str, path: str, body: object) -> Any:
    connection = server.connect()
    try:
        headers = {"Content-Type": "application/json", "Authorization": server.superuser_token}
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    finally:
        connection.close()
    assert response.status == 200, answer
    return answer


def fill(server: Server, case: Case) -> None:
    posts = {"name": "posts", "type": "base", "fields": list(case.fields), "indexes": case.indexes}
    send(server, "POST", "/api/collections", posts)
    for view in case.views:
        send(server, "POST", "/api/collections", view)
    for record in RECORDS:
        send(server, "POST", "/api/collections/posts/records", record)


def change(server: Server, case: Case) -> None:
    if case.target:
        send(server, "PATCH", f"/api/collections/{case.target}", case.change)
    else:
        send(server, "POST", "/api/collections", case.change)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    store = await Store.open(Config(data_dir=folder / "pb_data"))
    try:
        yield store
    finally:
        await store.close()


async def dump(store: Store) -> tuple[list[Row], list[list[Row]]]:
    master = await store.data.all(MASTER)
    # System tables apart: signing in leaves rows there.
    tables = [row[1] for row in master if row[0] != "index" and not str(row[1]).startswith("_")]
    return master, [
        sorted(await store.data.all(Sql(f"SELECT * FROM `{table!s}`")), key=str) for table in tables
    ]


@pytest.mark.skipif(find_command("pocketbase") is None, reason="PocketBase is not installed")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_changes_leave_what_pocketbase_leaves(tmp_path: Path, case: Case) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    with start_pocketbase(theirs) as server:
        fill(server, case)
    shutil.copytree(theirs / "pb_data", ours / "pb_data")
    with start_pocketbase(theirs) as server:
        change(server, case)

    async def compare() -> None:
        async with opened(theirs) as real, opened(ours) as store:
            before = catalog_from_rows(await load_collection_rows(store.data))
            after = catalog_from_rows(await load_collection_rows(real.data))
            for collection in after.collections:
                old = before.by_id(collection.id)
                if old != collection:
                    async with store.data.transaction() as tx:
                        await sync_table(tx, old, collection)
            real_schema, real_rows = await dump(real)
            schema, rows = await dump(store)
            assert schema == real_schema
            assert rows == real_rows

    asyncio.run(compare())


# without the real server


POSTS = Collection.new_base("posts", fields=(Text(name="title"), Text(name="body")))


@asynccontextmanager
async def with_posts(folder: Path, collection: Collection = POSTS) -> AsyncIterator[Store]:
    async with opened(folder) as store:
        async with store.data.transaction() as tx:
            await sync_table(tx, None, collection)
            await tx.execute(Sql("INSERT INTO posts(id, title, body) VALUES ('1', 'a', 'a')"))
            await tx.execute(Sql("INSERT INTO posts(id, title, body) VALUES ('2', 'b', 'a')"))
        yield store


def test_a_refused_change_leaves_no_trace(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with with_posts(tmp_path, POSTS.with_indexes(BY_TITLE)) as store:
            old = POSTS.with_indexes(BY_TITLE)
            before = await dump(store)
            new = old.with_fields(Number(name="more")).with_indexes(
                "CREATE INDEX fine ON posts (more)",
                "CREATE UNIQUE INDEX twice ON posts (body)",
                "CREATE INDEX lost ON posts (missing)",
                "no index at all",
            )
            with pytest.raises(ValidationFailed) as caught:
                async with store.data.transaction() as tx:
                    await sync_table(tx, old, new)
            errors = caught.value.errors["indexes"]
            assert isinstance(errors, dict)
            assert list(errors) == ["2", "3", "4"]
            assert {error.code for error in errors.values()} == {
                "validation_invalid_index_expression"
            }
            assert errors["2"].message == (
                "Failed to create index twice - constraint failed: UNIQUE constraint failed:"
                " posts.body (2067)."
            )
            assert errors["4"].message == "Invalid CREATE INDEX expression."
            assert await dump(store) == before

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "query", ["SELECT id FROM missing", "SELECT id FROM", "SELECT 1 AS id; DROP TABLE posts"]
)
def test_views_that_do_not_work_are_refused(tmp_path: Path, query: str) -> None:
    async def scenario() -> None:
        async with with_posts(tmp_path) as store:
            before = await dump(store)
            with pytest.raises(SchemaError):
                async with store.data.transaction() as tx:
                    await sync_table(tx, None, Collection.new_view("v", query))
            assert await dump(store) == before

    asyncio.run(scenario())


def test_a_column_that_a_view_needs_is_not_dropped(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with with_posts(tmp_path) as store:
            view = Collection.new_view("v", "SELECT id, title FROM posts")
            async with store.data.transaction() as tx:
                await sync_table(tx, None, view)
            before = await dump(store)
            with pytest.raises(SchemaError, match="failed to drop column title"):
                async with store.data.transaction() as tx:
                    await sync_table(tx, POSTS, POSTS.without_fields("title"))
            assert await dump(store) == before

    asyncio.run(scenario())


def test_dropping_removes_tables_and_views(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with with_posts(tmp_path) as store:
            view = Collection.new_view("v", "SELECT id, title FROM posts")
            async with store.data.transaction() as tx:
                await sync_table(tx, None, view)
                await drop_table(tx, view)
                await drop_table(tx, POSTS)
            assert await store.data.all(MASTER) == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("kinds", "stored", "converted"),
    [
        (
            (1, 2),
            ["", "x", '["p","q"]', "[1", "5"],
            ["[]", '["x"]', '["p","q"]', '["[1"]', '["5"]'],
        ),
        ((2, 1), ["[]", '["x"]', '["p","q"]', "plain", ""], ["", "x", "q", "plain", ""]),
    ],
)
def test_conversions_of_odd_values(
    tmp_path: Path, kinds: tuple[int, int], stored: list[str], converted: list[str]
) -> None:
    async def scenario() -> None:
        old, new = (
            Collection.new_base("t", fields=(Select(name="s", values=("x", "y"), max_select=n),))
            for n in kinds
        )
        async with opened(tmp_path) as store:
            async with store.data.transaction() as tx:
                await sync_table(tx, None, old)
                for value in stored:
                    await tx.execute(Sql("INSERT INTO t(s) VALUES (?)", (value,)))
                await sync_table(tx, old, new)
            rows = await store.data.all(Sql("SELECT s FROM t ORDER BY rowid"))
            assert [row[0] for row in rows] == converted

    asyncio.run(scenario())

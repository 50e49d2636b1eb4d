"""View collections: fields, trials, dependence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.fields import File, Number, Relation, Select, Text
from pbpy.records.record import Record
from pbpy.schema.collection import Collection
from pbpy.schema.save import save_collection
from pbpy.schema.views import InvalidView, derive_fields, dry_run, fields_changed, file_source
from tests.schema.apps import everything, run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App

POSTS = Collection.new_base(
    "posts",
    fields=(
        Text(name="title", max=9),
        Number(name="views"),
        File(name="photo"),
        Select(name="tags", values=("a", "b"), max_select=2),
    ),
)
QUERY = """
    SELECT p.id, p.Title as headline, p.photo, count(p.id) as n, total(p.views) t,
        cast(p.views as INTEGER) i, cast(1 as real) r, cast(p.title as text) as c,
        cast(1 as boolean) b, (p.views + 1) as plus, u.id as user, p.nope2 as zz
    FROM (select *, 1 as nope2 from posts) q, posts p
    LEFT JOIN users u ON u.name = 'a, b'
    GROUP BY p.id
"""


def test_each_column_gets_the_field_it_shows(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, POSTS)
        query = QUERY.replace("p.nope2", "q.nope2")
        async with app.transaction() as bound:
            fields = {field.name: field for field in await derive_fields(bound, query)}
        kinds = {name: field.type for name, field in fields.items()}
        assert kinds == {
            "id": "text", "headline": "text", "photo": "file", "n": "number", "t": "number",
            "i": "number", "r": "number", "c": "text", "b": "bool", "plus": "json",
            "user": "relation", "zz": "json",
        }  # fmt: skip
        assert fields["n"].settings["onlyInt"] is True
        assert fields["r"].settings["onlyInt"] is False
        assert fields["headline"].settings["max"] == 9
        assert fields["headline"].id.startswith("_clone_")
        assert fields["plus"].settings["maxSize"] == 1
        assert isinstance(fields["user"], Relation)
        assert fields["user"].collection_id == "_pb_users_auth_"
        assert posts.by_name["title"].name == "title"

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select * from posts", "wildcard columns"),
        ("select title from posts", "missing required id column"),
        ("select id from posts; select 1", "multiple statements"),
        ("select 'a' as id /* ' */) ; drop table posts; -- '", "multiple statements"),
        ("select 'a' as id); drop table posts; select (1", "multiple statements"),
        ("select (id from posts", "unbalanced parenthesis"),
        ("select id a b c from posts", r"invalid identifier parts \[id a b c\]"),
        ("select id from nope", "no such table"),
        ("select id, nope from posts", "no such column"),
        ("delete from posts", "syntax error"),
        ("insert into posts (id) values ('a') returning id", "syntax error"),
        ("select '' as id", "empty or invalid ids"),
        ("select null as id", "empty or invalid ids"),
        ("select 'a' as id from users union all select 'a'", "non-unique|invalid identifier"),
        ("select column1 as id from (values ('a'), ('a'))", "non-unique ids"),
        ("select id, title as `a b` from posts", r'invalid field "a b" \(1\): name: must be in a'),
        ("select abs(-9223372036854775808) as id", "failed to retrieve query records"),
    ],
)
def test_a_trial_refuses_and_leaves_nothing(tmp_path: Path, query: str, reason: str) -> None:
    async def scenario(app: App) -> None:
        await save_collection(app, POSTS)
        before = await everything(app)
        with pytest.raises(InvalidView, match=reason):
            await dry_run(app, query)
        assert await everything(app) == before

    run(tmp_path, scenario)


def test_a_trial_shows_at_most_ten_rows_with_text_ids(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, POSTS)
        for number in range(12):
            await app.save(Record(posts, {"title": f"t{number}", "tags": ["b", "a"]}))
        before = await everything(app)
        trial = await dry_run(app, "select rowid as id, title, tags from posts;")
        assert len(trial.rows) == 10
        assert trial.rows[0] == ("1", "t0", '["b","a"]')
        assert trial.collection.name.startswith("temp_view_")
        assert await everything(app) == before

    run(tmp_path, scenario)


def test_a_view_is_saved_with_its_fields_and_can_be_read(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, POSTS)
        await app.save(Record(posts, {"title": "first"}))
        view = await save_collection(
            app, Collection.new_view("v", " select (ROW_NUMBER() OVER()) as id, title from posts; ")
        )
        assert [field.name for field in view.fields] == ["id", "title"]
        (record,) = await app.find_records("v")
        assert (record.id, record.get("title")) == ("1", "first")

    run(tmp_path, scenario)


def test_a_view_follows_the_collection_that_it_shows(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, POSTS)
        await save_collection(app, Collection.new_view("v", "select id, title from posts"))
        unrelated = await save_collection(app, Collection.new_view("w", "select id from users"))
        changed = posts.by_name["title"]
        await save_collection(app, posts.with_fields(Text(name="title", id=changed.id, max=99)))
        assert app.catalog.get("v").by_name["title"].settings["max"] == 99
        assert app.catalog.get("w") == unrelated

    run(tmp_path, scenario)


def test_a_view_that_no_longer_works_does_not_stop_the_save(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, POSTS)
        view = await save_collection(app, Collection.new_view("v", "select id, title from posts"))
        await save_collection(app, posts.replace(name="articles"))
        assert app.catalog.get("v") == view
        assert app.catalog.find("articles") is not None

    run(tmp_path, scenario)


def test_files_of_views_are_followed_to_their_collection(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await save_collection(app, POSTS)
        query = "select p.id, p.photo as image, p.title from posts p"
        view = await save_collection(app, Collection.new_view("v0", query))
        for level in range(1, 6):
            query = f"select id, image, title as other from v{level - 1}"
            if level > 1:
                query = query.replace("title as ", "")
            await save_collection(app, Collection.new_view(f"v{level}", query))
        expected = (posts, posts.by_name["photo"])
        assert file_source(app.catalog, view, "image") == expected
        assert file_source(app.catalog, app.catalog.get("v4"), "image") == expected
        assert file_source(app.catalog, app.catalog.get("v5"), "image") is None
        assert file_source(app.catalog, view, "nope") is None

    run(tmp_path, scenario)


def test_ids_of_fields_do_not_count_as_a_change() -> None:
    assert not fields_changed((Text(name="a", id="x"),), (Text(name="a", id="y"),))
    assert fields_changed((Text(name="a", id="x"),), (Text(name="a", id="x", max=1),))

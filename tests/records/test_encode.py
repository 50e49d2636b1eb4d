"""What a client sees of a record."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pbpy.fields.date import Date
from pbpy.fields.geo_point import GeoPoint
from pbpy.fields.json import Json
from pbpy.fields.number import Number
from pbpy.fields.password import Password
from pbpy.fields.relation import Relation
from pbpy.fields.select import Select
from pbpy.fields.text import Text
from pbpy.records.encode import encode_record, encode_records
from pbpy.records.picker import compile_picker
from pbpy.records.record import Record
from pbpy.schema.collection import Collection

POSTS = Collection.new_base(
    "posts",
    fields=(
        Text("title"),
        Number("n"),
        Select("tags", values=("a", "b"), max_select=2),
        Json("js"),
        GeoPoint("place"),
        Date("day"),
        Text("secret", hidden=True),
        Relation("author", collection_id="x"),
        Password("code"),
    ),
)
USERS = Collection.new_auth("members", fields=(Text("name"),))


def row_of(collection: Collection, **values: Any) -> tuple[Any, ...]:
    zero = Record(collection).export_row()
    names = [item.name for item in collection.fields]
    return tuple(values.get(name, zero[place]) for place, name in enumerate(names))


def shown(record: Record, fields: str = "") -> Any:
    return orjson.loads(orjson.dumps(encode_record(record, compile_picker(fields))))


def post(**values: Any) -> Record:
    return Record.from_row(POSTS, row_of(POSTS, id="abcdefghijklmno", **values))


def user(**values: Any) -> Record:
    row = row_of(USERS, id="abcdefghijklmno", email="a@example.com", **values)
    return Record.from_row(USERS, row)


def test_keys_are_sorted_and_hidden_fields_absent() -> None:
    keys = list(shown(post(secret="x")))
    assert keys == sorted(keys)
    assert keys == [
        "author", "code", "collectionId", "collectionName", "day", "id", "js", "n", "place",
        "tags", "title",
    ]  # fmt: skip


def test_expand_has_its_place_among_the_keys() -> None:
    record = post()
    record.expand = {}
    assert shown(record)["expand"] == {}
    assert list(shown(record)) == sorted(shown(record))


@pytest.mark.parametrize(
    ("name", "stored", "text"),
    [
        ("n", 1, "1"),
        ("n", 1.5, "1.5"),
        ("n", 1e21, "1e+21"),
        ("n", 1e20, "100000000000000000000"),
        ("n", 1.5e-7, "1.5e-7"),
        ("js", None, "null"),
        ("js", '{"b":1.0,"a":[1,2]}', '{"b":1.0,"a":[1,2]}'),
        ("js", '"text"', '"text"'),
        ("js", 12, "12"),
        ("tags", "[]", "[]"),
        ("tags", '["a","b"]', '["a","b"]'),
        ("place", '{"lon":0,"lat":0}', '{"lon":0,"lat":0}'),
        ("day", "", '""'),
        ("day", "2022-01-01 10:00:00.123Z", '"2022-01-01 10:00:00.123Z"'),
        ("day", "2022-01-01", '"2022-01-01 00:00:00.000Z"'),
        ("code", "$2a$10$x", '""'),
        ("title", "<\u2028>", '"<\u2028>"'),
    ],
)
def test_stored_column(name: str, stored: Any, text: str) -> None:
    assert orjson.dumps(encode_record(post(**{name: stored}))[name]).decode() == text


def test_hidden_fields_are_shown_to_superusers() -> None:
    record = post(secret="x")
    record.shows_hidden = True
    assert shown(record)["secret"] == "x"


def test_auth_secrets_are_never_shown() -> None:
    record = user(password="hash", tokenKey="key")
    record.shows_hidden = record.shows_email = True
    record.unhide("password", "tokenKey")
    assert {"password", "tokenKey"}.isdisjoint(shown(record))


def test_email_is_shown_by_flag_or_by_right() -> None:
    assert "email" not in shown(user())
    assert shown(user(emailVisibility=1))["email"] == "a@example.com"
    record = user()
    record.shows_email = True
    assert shown(record)["email"] == "a@example.com"
    assert shown(user())["emailVisibility"] is False
    assert "email" not in shown(user(), "email,id")


def test_hide_and_unhide() -> None:
    record = post(secret="x", title="t")
    record.hide("title", "collectionName")
    record.unhide("secret")
    answer = shown(record)
    assert answer["secret"] == "x"
    assert {"title", "collectionName"}.isdisjoint(answer)
    assert "email" not in shown(user_with_hidden_name())


def user_with_hidden_name() -> Record:
    record = user()
    record.hide("name")
    return record


def test_custom_values_are_shown_when_asked_for() -> None:
    record = post(title="t")
    record.set("computed", {"x": 1})
    assert "computed" not in shown(record)
    record.shows_custom = True
    assert shown(record)["computed"] == {"x": 1}
    assert list(shown(record)) == sorted(shown(record))
    assert shown(record, "computed.x,title") == {"computed": {"x": 1}, "title": "t"}
    record.hide("computed")
    assert "computed" not in shown(record)


def test_fields_reach_into_json_and_expand() -> None:
    author = post(title="author", js='{"a":1,"b":2}')
    record = post(js='{"a":{"x":1,"y":2},"b":3}', title="<p>long text</p>")
    record.expand = {"author": author, "list": [author, author]}
    assert shown(record, "js.a.x,title:excerpt(4,true)") == {
        "js": {"a": {"x": 1}},
        "title": "long...",
    }
    assert shown(record, "expand.author.title,expand.list.js.b") == {
        "expand": {"author": {"title": "author"}, "list": [{"js": {"b": 2}}] * 2}
    }
    assert set(shown(record, "expand")) == {"expand"}
    assert "expand" not in shown(record, "id")


def test_a_changed_value_is_shown() -> None:
    record = post(title="old")
    record.set("title", "new")
    assert shown(record)["title"] == "new"


def test_records_of_several_collections_and_readers() -> None:
    open_post = post(secret="x")
    open_post.shows_hidden = True
    first, second, third = encode_records([post(), open_post, user()])
    assert "secret" not in first
    assert second["secret"] == "x"
    assert third["collectionName"] == "members"

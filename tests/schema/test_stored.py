"""Rows of `_collections`."""

from __future__ import annotations

import json

import pytest

from pbpy.errors import SchemaError
from pbpy.fields import FIELD_TYPES, Select, Text
from pbpy.schema.collection import Collection
from pbpy.schema.columns import COLUMNS
from pbpy.schema.stored import (
    catalog_from_rows,
    collection_from_row,
    collection_to_row,
    load_field,
)

SAVED = {"created": "2022-01-01 10:00:00.123Z", "updated": "2022-01-02 10:00:00.123Z"}


def saved(collection: Collection) -> Collection:
    return collection.replace(**SAVED)


@pytest.mark.parametrize(
    "collection",
    [
        saved(Collection.new_base("posts", list_rule="", view_rule="id = 1", system=True)),
        saved(Collection.new_auth("people")),
        saved(Collection.new_view("v", "select id from posts")),
    ],
    ids=lambda collection: collection.type,
)
def test_a_row_gives_the_same_collection_again(collection: Collection) -> None:
    assert collection_from_row(collection_to_row(collection)) == collection


def test_a_row_holds_json_as_pocketbase_writes_it() -> None:
    collection = saved(
        Collection.new_base("posts", fields=(Select(name="s", values=("<b>", "ä")),))
    )
    row = dict(zip(COLUMNS, collection_to_row(collection), strict=True))
    assert row["system"] == 0
    assert row["options"] == "{}"
    assert row["indexes"] == "[]"
    assert row["listRule"] is None
    stored = str(row["fields"])
    assert "<b>" in stored
    assert "ä" in stored
    select = json.loads(stored)[1]
    assert list(select) == sorted(select)
    assert ", " not in stored.replace('"<b>", "', "")


def test_every_field_type_is_loaded_from_its_stored_form() -> None:
    for name, kind in FIELD_TYPES.items():
        field = kind(name="a", id="x")
        assert field.settings["type"] == name
        assert load_field(field.settings) == field


@pytest.mark.parametrize("body", [None, 5, {}, {"type": 5}, {"type": "nope"}, {"type": None}])
def test_an_unknown_field_type_is_refused(body: object) -> None:
    with pytest.raises(ValueError, match="missing or unknown field type"):
        load_field(body)


def test_empty_columns_are_empty_values() -> None:
    row = dict(zip(COLUMNS, collection_to_row(saved(Collection.new_base("posts"))), strict=True))
    row.update(fields="", indexes="null", options="", created="")
    collection = collection_from_row(tuple(row.values()))
    assert collection.fields == ()
    assert collection.indexes == ()
    assert collection.created == SAVED["updated"]


def test_a_broken_row_names_its_collection() -> None:
    row = dict(zip(COLUMNS, collection_to_row(saved(Collection.new_base("posts"))), strict=True))
    for column, text in (("fields", '[{"type":"x"}]'), ("fields", "{"), ("options", "[]")):
        broken = {**row, column: text, "type": "auth"}
        with pytest.raises(SchemaError, match="posts"):
            collection_from_row(tuple(broken.values()))


def test_the_catalog_keeps_the_order_of_rows() -> None:
    collections = [saved(Collection.new_base(name)) for name in ("b", "a", "c")]
    catalog = catalog_from_rows(collection_to_row(item) for item in collections)
    assert [item.name for item in catalog.collections] == ["b", "a", "c"]


def test_a_field_named_like_a_default_keeps_its_stored_settings() -> None:
    odd = saved(Collection.new_base("posts")).replace(fields=(Text(name="id", id="x"),))
    assert collection_from_row(collection_to_row(odd)).fields == odd.fields

"""Bodies over collections."""

from __future__ import annotations

import pytest

from pbpy.binding import BindError
from pbpy.fields import Text
from pbpy.schema.collection import Collection, default_collection_id
from pbpy.schema.merge import imported_collection, merged, new_collection

STORED = Collection.new_base(
    "posts", fields=(Text(name="title", id="t1"),), list_rule="", indexes=("a", "b")
).replace(created="2022-01-01 10:00:00.123Z", updated="2022-01-01 10:00:00.123Z")


def test_what_is_not_submitted_stays() -> None:
    assert merged(STORED, {}) == STORED
    assert merged(STORED, {"name": "x"}).fields == STORED.fields


def test_null_gives_the_zero_value() -> None:
    emptied = merged(
        STORED,
        {"listRule": None, "fields": None, "indexes": None, "name": None, "type": None},
    )
    assert emptied.list_rule is None
    assert (emptied.fields, emptied.indexes, emptied.name) == ((), (), "")
    assert emptied.type == "base"


def test_lists_are_replaced_as_a_whole() -> None:
    changed = merged(STORED, {"fields": [{"type": "text", "name": "other"}], "indexes": ["c"]})
    assert [field.name for field in changed.fields] == ["other"]
    assert changed.indexes == ("c",)


def test_the_later_field_of_an_id_or_name_wins() -> None:
    changed = merged(
        STORED,
        {
            "fields": [
                {"type": "text", "name": "a", "id": "x"},
                {"type": "text", "name": "b", "id": "x"},
                {"type": "number", "name": "b"},
            ]
        },
    )
    assert [(field.name, field.type, field.id) for field in changed.fields] == [
        ("b", "number", "x")
    ]


def test_keys_match_exactly_and_unknown_ones_are_ignored() -> None:
    assert merged(STORED, {"Name": "x", "list_rule": "id = 1", "nope": 5}) == STORED


def test_created_may_be_submitted_for_a_stored_collection_only() -> None:
    moment = "2020-01-01 00:00:00.000Z"
    changed = merged(STORED, {"created": moment, "updated": moment})
    assert (changed.created, changed.updated) == (moment, STORED.updated)
    assert merged(STORED, {"created": "nonsense"}).created == STORED.created
    assert new_collection({"name": "a", "created": moment}).created == ""


def test_options_of_another_type_start_empty() -> None:
    changed = merged(STORED, {"type": "auth"})
    assert changed.auth is not None
    assert changed.auth.auth_token.secret == ""


def test_a_new_collection_starts_from_the_scaffold_of_its_type() -> None:
    users = new_collection({"type": "auth", "name": "people", "otp": {"enabled": True}})
    assert users.auth is not None
    assert users.auth.otp.enabled
    assert users.auth.otp.length == 8
    assert len(users.fields) == 6
    assert users.id == default_collection_id("auth", "people")


def test_default_indexes_bear_the_generated_id_even_beside_a_custom_one() -> None:
    custom = new_collection({"type": "auth", "name": "people", "id": "mine"})
    assert custom.id == "mine"
    assert default_collection_id("auth", "people") in custom.indexes[0]
    imported = imported_collection({"type": "auth", "name": "people", "id": "mine"})
    assert "`idx_tokenKey_mine`" in imported.indexes[0]


def test_an_unknown_type_has_the_scaffold_of_a_base_collection() -> None:
    strange = new_collection({"type": "zz", "name": "a"})
    assert str(strange.type) == "zz"
    assert [field.name for field in strange.fields] == ["id"]
    assert strange.id == default_collection_id("zz", "a")


@pytest.mark.parametrize(
    "body",
    [
        {"name": 5},
        {"listRule": 5},
        {"system": "true"},
        {"created": 5},
        {"indexes": "x"},
        {"indexes": [5]},
        {"fields": {}},
        {"fields": [None]},
        {"fields": [{"name": "a"}]},
        {"fields": [{"type": "nope"}]},
        {"fields": [{"type": "text", "name": 5}]},
        {"fields": [{"type": "text", "max": "5"}]},
        {"viewQuery": 5},
        [],
    ],
    ids=str,
)
def test_another_json_type_is_refused(body: object) -> None:
    with pytest.raises(BindError):
        merged(STORED, body)

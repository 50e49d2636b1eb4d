"""Collection: new ones, their ids, changed copies."""

from __future__ import annotations

from typing import Any

import pytest

from pbpy.binding import BindError
from pbpy.fields import Email, Number, Select, Text
from pbpy.schema.collection import Collection, default_collection_id


def test_default_id_is_the_checksum_of_type_and_name() -> None:
    assert default_collection_id("auth", "_superusers") == "pbc_3142635823"


def test_a_new_base_collection_has_its_id_field_first() -> None:
    posts = Collection.new_base("posts", fields=(Text(name="title"),), list_rule="")
    assert [field.name for field in posts.fields] == ["id", "title"]
    assert (posts.type, posts.id) == ("base", default_collection_id("base", "posts"))
    assert posts.is_new
    assert posts.has_generated_id
    assert all(field.id for field in posts.fields)


def test_a_new_auth_collection_has_system_fields_options_and_indexes() -> None:
    users = Collection.new_auth("people")
    assert [field.name for field in users.fields] == [
        "id", "password", "tokenKey", "email", "emailVisibility", "verified",
    ]  # fmt: skip
    assert users.is_auth
    assert users.auth is not None
    assert users.auth.auth_rule == ""
    assert users.indexes == (
        f"CREATE UNIQUE INDEX `idx_tokenKey_{users.id}` ON `people` (`tokenKey`)",
        f"CREATE UNIQUE INDEX `idx_email_{users.id}` ON `people` (`email`) WHERE `email` != ''",
    )


def test_a_new_view_has_no_fields_of_its_own() -> None:
    view = Collection.new_view("v", "select id from users")
    assert view.is_view
    assert view.fields == ()


def test_a_generated_id_follows_the_name_also_in_index_names() -> None:
    renamed = Collection.new_auth("people").replace(name="others")
    assert renamed.id == default_collection_id("auth", "others")
    assert all(renamed.id in index for index in renamed.indexes)


def test_a_custom_or_stored_id_does_not_follow_the_name() -> None:
    assert Collection.new_base("a", id="mine").replace(name="b").id == "mine"
    stored = Collection.new_base("a").replace(created="2022-01-01 10:00:00.123Z")
    assert stored.replace(name="b").id == stored.id


def test_with_fields_adds_replaces_and_gives_ids() -> None:
    posts = Collection.new_base("posts", fields=(Text(name="title"),))
    changed = posts.with_fields(Number(name="count"), Text(name="title", max=5))
    assert [(field.name, field.type) for field in changed.fields] == [
        ("id", "text"), ("title", "text"), ("count", "number"),
    ]  # fmt: skip
    assert changed.by_name["title"].id == posts.by_name["title"].id
    assert changed.without_fields("count", "nope").fields == changed.fields[:2]


def test_with_indexes_names_the_own_table() -> None:
    posts = Collection.new_base("posts").with_indexes("create index a on x (id)")
    assert posts.indexes == ("CREATE INDEX `a` ON `posts` (`id`)",)


def test_a_changed_copy_starts_with_an_empty_memo() -> None:
    posts = Collection.new_base("posts")
    posts.memo["key"] = 1
    assert posts.replace(list_rule="").memo == {}
    assert posts == posts.replace()


def test_own_fields_follow_the_system_ones_and_replace_them_by_name() -> None:
    members = Collection.new_auth("members", fields=[Text("title"), Email("email", hidden=True)])
    names = ["id", "password", "tokenKey", "email", "emailVisibility", "verified", "title"]
    assert [item.name for item in members.fields] == names
    assert members.by_name["email"].hidden


def test_lists_become_tuples() -> None:
    posts = Collection.new_base("posts", indexes=["CREATE INDEX `a` ON `posts` (`id`)"])
    values: Any = ["a", "b"]
    changed = posts.replace(fields=[Select("state", values)])
    assert (type(posts.indexes), type(changed.fields)) == (tuple, tuple)
    assert changed.by_name["state"].settings["values"] == ["a", "b"]
    assert hash(changed.by_name["state"]) == hash(Select("state", ("a", "b")))


def test_fields_are_renamed_and_put_in_order() -> None:
    posts = Collection.new_base("posts", fields=[Text("a"), Text("b"), Text("c")])
    renamed = posts.with_renamed_field("a", "z")
    assert [item.name for item in renamed.fields] == ["id", "z", "b", "c"]
    assert renamed.by_name["z"].id == posts.by_name["a"].id
    assert [item.name for item in posts.with_field_order("c", "id").fields] == ["c", "id", "a", "b"]
    with pytest.raises(KeyError):
        posts.with_renamed_field("x", "y")
    with pytest.raises(KeyError):
        posts.with_field_order("x")


def test_indexes_are_built_replaced_and_removed_by_name() -> None:
    posts = Collection.new_base("posts", fields=[Text("a"), Text("b")])
    one = posts.with_index("idx", "a")
    assert one.indexes == ("CREATE INDEX `idx` ON `posts` (`a`)",)
    two = one.with_index("idx", "a", "b", unique=True, where="a != ''")
    assert two.indexes == (
        "CREATE UNIQUE INDEX `idx` ON `posts` (\n  `a`,\n  `b`\n) WHERE a != ''",
    )
    assert two.without_indexes("idx", "unknown").indexes == ()


def test_options_are_merged_over_the_defaults() -> None:
    members = Collection.new_auth("members", options={"otp": {"enabled": True}, "authRule": None})
    assert members.auth is not None
    assert (members.auth.otp.enabled, members.auth.otp.length) == (True, 8)
    assert members.auth.auth_rule is None
    changed = members.with_options({"passwordAuth": {"identityFields": ["name"]}}).auth
    assert changed is not None
    assert changed.password_auth.enabled
    assert changed.password_auth.identity_fields == ("name",)
    with pytest.raises(BindError):
        members.with_options({"otp": "yes"})

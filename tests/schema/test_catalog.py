"""Catalog: looking up and changing, without touching the old one."""

from __future__ import annotations

import pytest

from pbpy.errors import NotFound
from pbpy.fields import Relation
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection

POSTS = Collection.new_base("posts", id="p1")
NOTES = Collection.new_base("notes", id="n1", fields=(Relation(name="post", collection_id="p1"),))
VIEW = Collection.new_view("a_view", id="v1", fields=NOTES.fields)


def test_finds_by_exact_id_or_name_in_any_case() -> None:
    catalog = Catalog([POSTS, NOTES])
    assert catalog.find("p1") is catalog.find("POSTS") is catalog.by_id("p1") is POSTS
    assert catalog.find("P1") is None
    assert catalog.by_id("posts") is None
    assert catalog.get("notes") is NOTES
    with pytest.raises(NotFound):
        catalog.get("nope")


def test_the_first_of_two_that_match_is_found() -> None:
    odd = Collection.new_base("other", id="posts")
    assert Catalog([POSTS, odd]).find("posts") is POSTS
    assert Catalog([odd, POSTS]).find("posts") is odd


def test_a_change_gives_a_new_catalog_in_the_same_order() -> None:
    catalog = Catalog([POSTS, NOTES])
    renamed = POSTS.replace(name="articles")
    changed = catalog.with_collection(renamed).with_collection(VIEW)
    assert changed.collections == (renamed, NOTES, VIEW)
    assert catalog.collections == (POSTS, NOTES)
    assert changed.find("posts") is None
    assert changed.without_collection("n1").collections == (renamed, VIEW)


def test_references_leave_views_out_and_come_by_name() -> None:
    other = NOTES.replace(name="a_notes", id="n2")
    catalog = Catalog([POSTS, NOTES, other, VIEW])
    found = catalog.references_to("p1")
    assert [(collection.name, field.name) for collection, field in found] == [
        ("a_notes", "post"), ("notes", "post"),
    ]  # fmt: skip
    assert catalog.references_to("p1") is found
    assert catalog.references_to("n1") == ()

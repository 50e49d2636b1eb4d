"""The keys `+name`, `name+` and `name-`."""

from __future__ import annotations

from typing import Any

import pytest

from pbpy.fields import Autodate, Bool, Field, File, Number, Relation, Select
from pbpy.files.upload import Upload

MANY = Select("tags", max_select=3)
ONE = Relation("author")


def test_each_form_of_the_key_names_its_modifier() -> None:
    assert MANY.modifier_keys == {"+tags": "+name", "tags+": "name+", "tags-": "name-"}
    assert Number("n").modifier_keys == {"n+": "name+", "n-": "name-"}
    assert Bool("b").modifier_keys == {}


@pytest.mark.parametrize(
    ("field", "current", "modifier", "raw", "expected"),
    [
        (MANY, ("a", "b"), "name+", "c", ("a", "b", "c")),
        (MANY, ("a", "b"), "name+", ["b", "c", "c"], ("a", "b", "c")),
        (MANY, ("a", "b"), "+name", ["c", "a"], ("c", "a", "b")),
        (MANY, ("a", "b"), "name-", '["a","x"]', ("b",)),
        (MANY, (), "name-", None, ()),
        (ONE, "a", "name+", "b", "b"),
        (ONE, "a", "+name", "b", "a"),
        (ONE, "a", "name-", "a", ""),
        (ONE, "a", "name-", ["b"], "a"),
        (Number("n"), 7.5, "name+", "1", 8.5),
        (Number("n"), 7.5, "name-", 1.5, 6),
        (Number("n"), 1, "name+", "x", 1),
        (Number("n"), 2**53, "name+", 1, 2**53),
        (File("f", max_select=3), ("a", "b"), "name-", "a", ("b",)),
        (File("f"), "a", "name-", "a", ""),
    ],
)
def test_modifiers(field: Field, current: Any, modifier: str, raw: Any, expected: Any) -> None:
    assert field.apply_modifier(current, modifier, raw) == expected


def test_uploads_are_added_and_removed_by_name() -> None:
    files = File("f", max_select=3)
    upload = Upload.from_bytes(b"x", "new.txt")
    added = files.apply_modifier(("old.txt",), "+name", upload)
    assert added == (upload, "old.txt")
    assert files.apply_modifier(added, "name-", upload.name) == ("old.txt",)


def test_autodates_cannot_be_set() -> None:
    assert not Autodate("created").settable
    assert Number("n").settable

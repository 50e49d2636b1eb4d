"""Casts never fail, and what a column stores comes back as the same value."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbpy.fields import (
    Autodate,
    Bool,
    Date,
    Editor,
    Email,
    Field,
    File,
    GeoPoint,
    Json,
    Number,
    Password,
    Relation,
    Select,
    Text,
    Url,
)
from pbpy.fields.casts import to_texts

FIELDS: list[Field] = [
    Text("f"),
    Number("f"),
    Bool("f"),
    Email("f"),
    Url("f"),
    Editor("f"),
    Date("f"),
    Autodate("f"),
    Select("f"),
    Select("f", max_select=3),
    Relation("f"),
    Relation("f", max_select=3),
    File("f"),
    File("f", max_select=3),
    Json("f"),
    GeoPoint("f"),
]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.sampled_from(
        ['["a","b"]', "[", '{"lon":1}', "2022-01-01", "1e21", "NaN", "null", '["a",1]']
    )
)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.type}-{field.is_multiple}")
@settings(max_examples=40)
@given(raw=BODIES)
def test_values_survive_being_stored(field: Field, raw: Any) -> None:
    value = field.normalize(raw)
    if field.check(value) or value != value or value in (float("inf"), float("-inf")):
        return
    stored = field.encode(value)
    assert isinstance(stored, (str, int, float, type(None)))
    again = field.decode(stored)
    if (
        field.type not in ("date", "autodate") or len(value) == 24
    ):  # years beyond 0 to 9999 are not read again
        assert again == value
    output = orjson.dumps(field.to_output(again))
    assert orjson.dumps(field.stored_to_output(stored)) == output
    orjson.loads(output)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.type}-{field.is_multiple}")
@settings(max_examples=40)
@given(raw=BODIES)
def test_casting_a_value_again_changes_nothing(field: Field, raw: Any) -> None:
    value = field.normalize(raw)
    if field.check(value) is None:
        assert field.normalize(value) == value


@pytest.mark.parametrize("field", [*FIELDS, Password("f")], ids=lambda field: field.type)
@pytest.mark.parametrize("stored", [None, 0, 1.5, "", "x", b"\xff", "[1", '{"lon":'])
def test_columns_of_views_may_hold_anything(field: Field, stored: Any) -> None:
    orjson.dumps(field.to_output(field.decode_view(stored)))


@given(st.lists(TEXTS))
def test_a_json_array_in_a_text_is_a_list(texts: list[str]) -> None:
    assert to_texts(orjson.dumps(texts).decode()) == to_texts(texts)


@given(st.lists(TEXTS, min_size=1), TEXTS)
def test_what_follows_a_json_array_makes_it_a_text_again(texts: list[str], rest: str) -> None:
    text = orjson.dumps(texts).decode() + "x" + rest
    assert to_texts(text)[-1] == text

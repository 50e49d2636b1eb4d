"""Json: text in, text out."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.fields import Json, JsonText, dump_json

FIELD = Json("data")
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_documents_keep_their_value_and_get_sorted_keys(document: Any) -> None:
    text = dump_json(document).decode()
    assert json.loads(text) == document
    assert text == json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@given(DOCUMENTS)
def test_a_document_in_a_text_is_the_document(document: Any) -> None:
    spaced = json.dumps(document, indent=2, sort_keys=True)
    if spaced[0] in '"[{-0123456789':
        assert FIELD.normalize(spaced).load() == document


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (None, None),
        ("null", "null"),
        ("", '""'),
        ('{"b": 1.0,\n "a": "x  y"}', '{"b":1.0,"a":"x  y"}'),
        ('"\\u00e9\\/"', '"é/"'),
        ({"b": 1, "a": [1.0, 1e21]}, '{"a":[1,1e+21],"b":1}'),
        (True, "true"),
    ],
)
def test_what_is_stored(raw: Any, stored: str | None) -> None:
    assert FIELD.encode(FIELD.normalize(raw)) == stored


@pytest.mark.parametrize(
    ("stored", "output"),
    [
        (None, "null"),
        (5, "5"),
        (1e-7, "1e-07"),
        (1234567.5, "1.2345675e+06"),
        ("true", "true"),
        ('{"a":1}', '{"a":1}'),
    ],
)
def test_columns_come_out_unparsed(stored: Any, output: str) -> None:
    assert orjson.dumps(FIELD.stored_to_output(stored)).decode() == output
    assert orjson.dumps(FIELD.to_output(FIELD.decode(stored))).decode() == output


@pytest.mark.parametrize(("stored", "output"), [("abc", '"abc"'), ("007", '"007"'), ("[1", '"[1"')])
def test_a_view_may_show_plain_text(stored: str, output: str) -> None:
    assert FIELD.decode_view(stored) == output


def test_a_json_text_is_a_value_already() -> None:
    value = JsonText('{"a":1}')
    assert FIELD.normalize(value) is value
    assert value.load() == {"a": 1}
    assert JsonText("").load() is None


@pytest.mark.parametrize("depth", [150, 300])
def test_deep_documents(depth: int) -> None:
    document: Any = orjson.loads("[" * depth + "1.0" + "]" * depth)
    assert FIELD.normalize(document) == "[" * depth + "1" + "]" * depth


def test_documents_too_deep_are_refused_not_fatal() -> None:
    document: Any = 1
    for _ in range(1000):
        document = [document]
    error = FIELD.check(FIELD.normalize(document))
    assert error is not None
    assert error.code == "validation_invalid_json"


def test_the_size_is_counted_in_bytes() -> None:
    small = Json("data", max_size=5)
    assert small.check(small.normalize("éa")) is None
    error = small.check(small.normalize("éé"))
    assert error is not None
    assert error.params == {"maxSize": 5}

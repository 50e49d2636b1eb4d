"""Queries, forms and the inference of plain values, as PocketBase 0.40.6 answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.api.form_values import infer_value, parse_pairs, parse_query, record_values
from pbpy.api.json_body import MalformedJson


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("1", 1),
        ("-1", -1),
        ("0", 0),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        ("007", "007"),
        ("1.50", "1.50"),
        ("1.0", "1.0"),
        ("-.5", "-.5"),
        (".5", ".5"),
        ("1.", "1."),
        ("1e5", "1e5"),
        ("+1", "+1"),
        (" 1", " 1"),
        ("--1", "--1"),
        ("-", "-"),
        ("1-1", "1-1"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("0x10", "0x10"),
        ("٣", "٣"),
        ("9007199254740993", "9007199254740993"),
        ("9007199254740992", 9007199254740992),
        ("100000000000000000000", 1e20),
        ("0.00000001", 1e-8),
        ("123456789012345678901", "123456789012345678901"),
        ("0.1234567890123456789", "0.1234567890123456789"),
    ],
)
def test_infers(text: str, value: object) -> None:
    inferred = infer_value(text)
    assert inferred == value
    assert isinstance(inferred, str) == isinstance(value, str)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_infers_every_shortest_decimal(number: float) -> None:
    text = format(number, "f").rstrip("0").rstrip(".")
    inferred = infer_value(text)
    assert inferred == text or float(text) == inferred


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2", {"a": "1"}),
        ("a", {"a": ""}),
        ("&&a=1&", {"a": "1"}),
        ("a=b=c", {"a": "b=c"}),
        ("a+b=c+d%20e", {"a b": "c d e"}),
        ("%66ields=t", {"fields": "t"}),
        ("a=%zz&b=1", {"b": "1"}),
        ("a=%4&b=1", {"b": "1"}),
        ("a=1;b=2&c=3", {"c": "3"}),
        ("a=%ff", {"a": "\ufffd"}),
        ("a=é", {"a": "é"}),
    ],
)
def test_parses_a_query(text: str, query: dict[str, str]) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("text", "well_formed"),
    [("a=1&b=%20", True), ("", True), ("a=%zz", False), ("a;b", False), ("a=1&%", False)],
)
def test_tells_whether_all_was_well_formed(text: str, well_formed: bool) -> None:
    assert parse_pairs(text)[1] is well_formed


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        ([("t", "a"), ("t", "2")], {"t": ["a", 2]}),
        ([("t", "a"), ("@jsonPayload", '{"t":"p","u":[1]}')], {"t": "p", "u": [1]}),
        ([("@jsonPayload", '{"t":1}'), ("@jsonPayload", '{"t":2}')], {"t": 2}),
        ([("@jsonPayload", "null")], {}),
    ],
)
def test_record_values(pairs: list[tuple[str, str]], values: dict[str, object]) -> None:
    assert record_values(pairs) == values


@pytest.mark.parametrize("payload", ["[1]", "1", "", "{", '{"t":1} x', '{"t":1,"t":2}'])
def test_refuses_a_payload(payload: str) -> None:
    with pytest.raises(MalformedJson):
        record_values([("@jsonPayload", payload)])


def test_a_payload_cannot_change_the_kind_of_a_value() -> None:
    with pytest.raises(MalformedJson):
        record_values([("t", "1"), ("@jsonPayload", '{"t":"p"}')])

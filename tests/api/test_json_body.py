"""Strict JSON, case by case as PocketBase 0.40.6 answers, and against the standard decoder."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.api.json_body import MalformedJson, decode_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('ab:" {}\\'), inner),
)


@pytest.mark.parametrize(
    "text",
    [
        b'{"t":"1","t":"2"}',
        b'{"j":{"a":1,"a":2}}',
        b'{"t":"x:y","t":"x:y"}',
        b'{"a" :1,"a":2}',
        b'{"a"\n:1,"b":":","a":2}',
        b'[{"a":1},{"b":1,"b":1}]',
        b'{"t":1,"t":2} trailing',
        b'{"\\u0061":1,"a":2}',
        b'{"t":"\xff"}',
        b'{"t":"\xc3\x28"}',
        b'{"t":',
        b"{",
        b"}",
        b"x",
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b'{"t":"\\ud800"}',
        b'{"t":"\\ud800"} trailing',
        b'{"t":"a\x01b"}',
        b'{"n":1e400}',
        b'{"n":1e400} trailing',
        b'{"n":01}',
        b'{"n":+1}',
        b'{"n":.5}',
        b'{"n":1.}',
        b'{"n":NaN}',
        b'{"n":Infinity} trailing',
        b'{"t":"1",}',
        b'{"t":"1"/*x*/}',
        b"[" * 2000 + b"]" * 2000,
        b'{"j":' + b"[" * 100_000,
    ],
)
def test_refuses(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        decode_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"t":"1"} xyz', {"t": "1"}),
        (b'{"t":"1"}{"t":"2"}', {"t": "1"}),
        (b'{"t":"1"} \xff', {"t": "1"}),
        (b'  \n\t{"t":"1"}\n', {"t": "1"}),
        (b"null", None),
        (b"null xx", None),
        (b"[1]", [1]),
        (b'"text"', "text"),
        (b'{"t":"\\ud83d\\ude00"}', {"t": "\U0001f600"}),
        (b'{"t":"\\u0000x"}', {"t": "\0x"}),
        (b'{"t":"a:b","u":"\\":"}', {"t": "a:b", "u": '":'}),
        (b'{"t":":x","u":[{"t":":"}]}', {"t": ":x", "u": [{"t": ":"}]}),
        (b'{"":1}', {"": 1}),
        (b'{"t":"\x7f"}', {"t": "\x7f"}),
        (b'{"j":' + b"[" * 900 + b"]" * 900 + b"}", None),
    ],
)
def test_accepts(text: bytes, value: object) -> None:
    decoded = decode_json(text)
    if value is not None:
        assert decoded == value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"9007199254740992", 2**53),
        (b"9007199254740993", 9007199254740992.0),
        (b"12345678901234567890", 1.2345678901234567e19),
        (b"-12345678901234567890", -1.2345678901234567e19),
        (b"123456789012345678901234567890", 1.2345678901234568e29),
        (b"1.5", 1.5),
    ],
)
@pytest.mark.parametrize("form", [b"%s", b"[%s]", b'{"n":%s}'])
def test_numbers_are_doubles(text: bytes, number: float, form: bytes) -> None:
    decoded = decode_json(form % text)
    while isinstance(decoded, (list, dict)):
        decoded = decoded["n"] if isinstance(decoded, dict) else decoded[0]
    assert decoded == number
    assert type(decoded) is type(number)


def test_whole_refuses_what_is_behind_the_value() -> None:
    assert decode_json(b'{"a":1} ', whole=True) == {"a": 1}
    with pytest.raises(MalformedJson):
        decode_json(b'{"a":1} x', whole=True)


@given(VALUES)
def test_reads_what_the_standard_encoder_writes(value: object) -> None:
    assert decode_json(json.dumps(value).encode()) == value
    assert decode_json(json.dumps(value, indent=1, ensure_ascii=False).encode()) == value


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES, min_size=1))
def test_finds_a_repeated_key_anywhere(value: dict[str, object]) -> None:
    body = json.dumps(value)
    again = json.dumps({next(iter(value)): 0})
    with pytest.raises(MalformedJson):
        decode_json(f"{body[:-1]},{again[1:]}".encode())
    with pytest.raises(MalformedJson):
        decode_json(f'{{"outer":[{body[:-1]},{again[1:]}]}}'.encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_malformed(text: bytes) -> None:
    try:
        value = decode_json(text)
    except MalformedJson:
        return
    assert not (isinstance(value, float) and not math.isfinite(value))

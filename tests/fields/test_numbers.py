"""Numbers in ECMAScript's and Go's forms."""

from __future__ import annotations

import json
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.fields.numbers import (
    format_general,
    format_number,
    format_plain,
    number_output,
    parse_float,
    shrink,
    widen,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "ecma", "plain", "general"),
    [
        (0, "0", "0", "0"),
        (-0.0, "-0", "-0", "-0"),
        (1.0, "1", "1", "1"),
        (1e-6, "0.000001", "0.000001", "1e-06"),
        (1e-7, "1e-7", "0.0000001", "1e-07"),
        (1.5e-7, "1.5e-7", "0.00000015", "1.5e-07"),
        (123456.5, "123456.5", "123456.5", "123456.5"),
        (1234567.5, "1234567.5", "1234567.5", "1.2345675e+06"),
        (1e20, "100000000000000000000", "100000000000000000000", "1e+20"),
        (1e21, "1e+21", "1000000000000000000000", "1e+21"),
        (-1.25e300, "-1.25e+300", "-125" + "0" * 298, "-1.25e+300"),
        (
            9223372036854775807,
            "9223372036854776000",
            "9223372036854776000",
            "9.223372036854776e+18",
        ),
    ],
)
def test_forms(value: float, ecma: str, plain: str, general: str) -> None:
    assert (format_number(value), format_plain(value)) == (ecma, plain)
    assert format_general(float(value)) == general


@given(FINITE)
def test_every_form_reads_back_as_the_same_number(value: float) -> None:
    assert float(format_number(value)) == value
    assert float(format_plain(value)) == value
    assert float(format_general(value)) == value
    assert parse_float(format_plain(value)) == value


@given(FINITE)
def test_output_is_json_in_ecmascript_form(value: float) -> None:
    small = shrink(value)
    text = orjson.dumps(number_output(small)).decode()
    assert text == format_number(small)
    assert float(json.loads(text)) == value


@given(st.integers(-(2**80), 2**80))
def test_integers_lose_what_a_float64_cannot_hold(value: int) -> None:
    wide = widen(value)
    assert wide == float(value)
    assert isinstance(wide, int) == (abs(value) <= 2**53)


def test_integers_beyond_float64_are_infinite() -> None:
    assert widen(10**400) == math.inf
    assert widen(-(10**400)) == -math.inf


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1__0", "_1", "1_", "0x10", "1e400", "\u0661", "e5", "."]
)
def test_texts_that_are_no_number(text: str) -> None:
    assert parse_float(text) is None


def test_infinity_is_no_json() -> None:
    with pytest.raises(ValueError, match="infinity"):
        format_number(math.inf)

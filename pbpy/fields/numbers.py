"""Numbers as PocketBase keeps and writes them: float64, in ECMAScript's shortest form.

A whole number up to 2^53 is an int in Python, every other number a float. So orjson writes
nearly all numbers right by itself; `number_output` takes care of the rest.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

import orjson

MAX_SAFE_INT = 2**53

Number = int | float

_FLOAT_TEXT = re.compile(
    r"[+-]?(?:(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?|inf|infinity)\Z|nan\Z",
    re.IGNORECASE | re.ASCII,
)
_HEX_FLOAT_TEXT = re.compile(
    r"[+-]?0x(?:[\da-f_]+(?:\.[\da-f_]*)?|\.[\da-f_]+)p[+-]?\d[\d_]*\Z", re.IGNORECASE | re.ASCII
)
# Go: an underscore stands between digits, or between the base prefix and a digit.
_BAD_UNDERSCORE = re.compile(r"(?<!\d)_|_(?!\d)", re.ASCII)
_BAD_HEX_UNDERSCORE = re.compile(r"(?<![\da-fx])_|_(?![\da-f])", re.ASCII | re.IGNORECASE)


def shrink(value: float) -> Number:
    """Return a float64 as an int when it is whole and at most 2^53 in size."""
    if -MAX_SAFE_INT <= value <= MAX_SAFE_INT:
        whole = int(value)
        if whole == value:
            return whole
    return value


def widen(value: int) -> Number:
    """Return an int as the float64 that PocketBase would keep; infinite when far too large."""
    if -MAX_SAFE_INT <= value <= MAX_SAFE_INT:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def parse_float(text: str) -> float | None:
    """Return the number in text as Go's strconv.ParseFloat reads it, or None.

    Decimal and hexadecimal floats, underscores between digits, infinity and NaN pass; white
    space, plain hexadecimal integers and numbers beyond float64 do not.
    """
    if "_" in text:
        hexadecimal = text.lstrip("+-")[:2].lower() == "0x"
        if (_BAD_HEX_UNDERSCORE if hexadecimal else _BAD_UNDERSCORE).search(text):
            return None
        text = text.replace("_", "")
    if _FLOAT_TEXT.match(text):
        value = float(text)
        return None if math.isinf(value) and "n" not in text.lower() else value
    if _HEX_FLOAT_TEXT.match(text):
        try:
            return float.fromhex(text)
        except (OverflowError, ValueError):
            return None
    return None


def format_plain(value: Number) -> str:
    """Return value in digits without an exponent: `1e21` -> `1000000000000000000000`."""
    if isinstance(value, int):
        value = widen(value)
        if isinstance(value, int):
            return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_number(value: Number) -> str:
    """Return value as ECMAScript writes it: `1e+21`, `1e-7`, `100000000000000000000`, `-0`.

    Raises:
        ValueError: value is infinite or no number.
    """
    if not math.isfinite(value):
        raise ValueError("JSON has no infinity")
    size = abs(value)
    if size and (size < 1e-6 or size >= 1e21):
        mantissa, _, exponent = repr(float(value)).partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    return format_plain(value)


def format_general(value: Number) -> str:
    """Return value as Go's `%v` writes a float: `1e-07`, and `1.2345675e+06` from 1e21 on.

    PocketBase: limits in sentences have this form, and real numbers in a json column.
    """
    size = abs(value)
    if size and (size < 1e-4 or size >= 1e6):
        digits, exponent = _scientific(value)
        return f"{digits}e{exponent:+03d}"
    return format_plain(value)


def _scientific(value: float) -> tuple[str, int]:
    sign, digits, _ = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).lstrip("0").rstrip("0")
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' if sign else ''}{text[0]}{fraction}", Decimal(repr(value)).adjusted()


def number_output(value: Number) -> Number | orjson.Fragment:
    """Return value as orjson input that comes out in ECMAScript's form; infinity as a text."""
    if type(value) is int and -MAX_SAFE_INT <= value <= MAX_SAFE_INT:
        return value
    # Within these limits orjson's form of a fraction is ECMAScript's.
    if 1e-4 <= value < 1e15 and value % 1:
        return value
    if math.isinf(value):  # a view can compute it
        return orjson.Fragment(f'"{format_plain(value)}"')
    return orjson.Fragment(format_number(value))

"""Read a field's settings from decoded JSON, as loosely as Go's JSON decoder and no looser.

`null` means the zero value; any other JSON type than the expected one is a ValueError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.fields.date_text import parse_date
from pbpy.fields.numbers import Number, shrink, widen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pbpy.errors import JsonValue

_MAX_INT = 2**63 - 1


def read_text(key: str, raw: JsonValue) -> str:
    """Return a JSON string."""
    if isinstance(raw, str):
        return raw
    raise ValueError(f"{key}: expected a string")


def read_bool(key: str, raw: JsonValue) -> bool:
    """Return a JSON boolean."""
    if isinstance(raw, bool):
        return raw
    raise ValueError(f"{key}: expected a boolean")


def read_int(key: str, raw: JsonValue) -> int:
    """Return a JSON number that is written as a 64-bit integer; `1.0` is not."""
    if isinstance(raw, int) and not isinstance(raw, bool) and -_MAX_INT - 1 <= raw <= _MAX_INT:
        return raw
    raise ValueError(f"{key}: expected an integer")


def read_number(key: str, raw: JsonValue) -> Number:
    """Return a JSON number as a float64."""
    if isinstance(raw, float):
        return shrink(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return widen(raw)
    raise ValueError(f"{key}: expected a number")


def read_texts(key: str, raw: JsonValue) -> tuple[str, ...]:
    """Return a JSON array of strings; `null` elements are empty."""
    if isinstance(raw, list):
        return tuple("" if item is None else read_text(key, item) for item in raw)
    raise ValueError(f"{key}: expected a list of strings")


def read_date(key: str, raw: JsonValue) -> str:
    """Return a JSON string as a date in PocketBase's form; empty when it is none."""
    return parse_date(read_text(key, raw))


READERS: Mapping[str, Callable[[str, JsonValue], object]] = {
    "str": read_text,
    "bool": read_bool,
    "int": read_int,
    "numbers.Number | None": read_number,
    "tuple[str, ...]": read_texts,
    "DateText": read_date,
}
"""A settings attribute's declared type -> how its JSON is read."""

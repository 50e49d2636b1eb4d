"""JSON as text: the value of a json field, written once in canonical form, never parsed again."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import orjson

from pbpy.fields.numbers import MAX_SAFE_INT, format_number, shrink, widen

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class JsonText(str):
    """A JSON value as its text; empty for no value at all, which is `null` in a response."""

    __slots__ = ()

    def load(self) -> JsonValue:
        """Return the parsed value.

        Raises:
            ValueError: the text is not JSON, which validation refuses to store.
        """
        return json.loads(self) if self else None


class BrokenJsonText(JsonText):
    """A text that PocketBase takes for JSON and then refuses."""

    __slots__ = ()


NO_JSON = JsonText("")


def dump_json(value: JsonValue, *, sort_keys: bool = True) -> bytes:
    """Return value as PocketBase writes JSON: sorted keys, ECMAScript numbers, no spaces.

    Raises:
        TypeError: a Python object without a JSON form.
        ValueError: an infinite number.
        RecursionError: nesting beyond Python's limits, some 400 levels.
    """
    option = _SORTED if sort_keys else orjson.OPT_NON_STR_KEYS
    return orjson.dumps(_with_plain_numbers(value, option, 0), option=option)


def _with_plain_numbers(value: JsonValue, option: int, depth: int) -> JsonValue:
    """Return value with each number in a form that orjson writes as ECMAScript does."""
    kind = type(value)
    if kind is dict:
        plain: JsonValue = {
            key: _with_plain_numbers(item, option, depth + 1) for key, item in value.items()
        }
    elif kind is list or kind is tuple:
        plain = [_with_plain_numbers(item, option, depth + 1) for item in value]
    elif kind is int:
        number = widen(value)
        return number if type(number) is int else orjson.Fragment(format_number(number))
    else:
        return _plain_float(value) if kind is float else value
    # orjson itself goes 254 levels deep.
    return plain if (depth + 1) % 100 else orjson.Fragment(orjson.dumps(plain, option=option))


def _plain_float(value: float) -> JsonValue:
    if value == 0:
        return orjson.Fragment("-0") if math.copysign(1, value) < 0 else 0
    if 1e-4 <= abs(value) < MAX_SAFE_INT:
        return shrink(value)
    return orjson.Fragment(format_number(value))


def parse_json_text(text: str) -> JsonText | None:
    """Return text as JsonText when its syntax is JSON, else None.

    PocketBase: repeated keys and numbers beyond float64 are syntax that passes here and a
    value that it refuses later: a BrokenJsonText.
    """
    try:
        json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_float=_finite,
            parse_int=_finite_int,
            parse_constant=_no_constant,
        )
    except _RefusedError:
        return BrokenJsonText(text)
    except (ValueError, RecursionError):
        return None
    return JsonText(_TOKEN.sub(_compact, text))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[ \t\r\n]+')


def _compact(match: re.Match[str]) -> str:
    """Return a JSON string without needless escapes, and nothing for white space."""
    token = match.group()
    if token[0] != '"':
        return ""
    if "\\" not in token:
        return token
    text = json.loads(token).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return orjson.dumps(text).decode()


class _RefusedError(Exception):
    """JSON whose syntax is right and whose value is not."""


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _RefusedError


def _finite(text: str) -> None:
    if math.isinf(float(text)):
        raise _RefusedError


def _finite_int(text: str) -> None:
    if len(text) > 300 and math.isinf(float(text)):
        raise _RefusedError


def _no_constant(text: str) -> None:
    raise ValueError(text)


# Characters for which Go's quoting writes an escape that JSON does not know.
_UNQUOTABLE = re.compile(r"[\x00-\x07\x0b\x0e-\x1f\x7f]")


def quote_text(text: str) -> JsonText:
    """Return a plain text as a JSON string.

    PocketBase: control characters, and those without a picture above U+FFFF, are refused.
    """
    quoted = orjson.dumps(text).decode()
    if _UNQUOTABLE.search(text) or (
        not text.isprintable() and any(c > "\uffff" and not c.isprintable() for c in text)
    ):
        return BrokenJsonText(quoted)
    return JsonText(quoted)

"""Strict JSON, as PocketBase reads it: text to a value, or MalformedJson.

Refused: duplicate keys, invalid UTF-8, a byte order mark, lone surrogates, raw control
characters, numbers beyond a double. Bytes after the first complete value are ignored.
Numbers are doubles: an integer beyond 2**53 becomes the nearest one, as a float.

orjson reads the text; it does not see duplicate keys, so keys are counted: every key is
followed by a colon, hence as many colons as keys in the value means no key was lost. Where
the count leaves a doubt (a colon inside a string), a slower decoder decides.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

_EXACT_INTEGERS = 2**53
_KEY_COLON = re.compile(rb'"[ \t\r\n]*:')
_WHITESPACE = " \t\r\n"


class MalformedJson(ValueError):
    """The text is not JSON that PocketBase accepts."""


def decode_json(text: bytes, *, whole: bool = False) -> JsonValue:
    """Return the first value of text; whole refuses anything behind it.

    Raises:
        MalformedJson: what the module docstring lists, and nesting beyond 1,024 levels.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if whole:
            raise MalformedJson(str(error)) from error
        text = _first_value(text)
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise MalformedJson(str(error)) from error
    if type(value) is dict or type(value) is list:
        walk = _Walk()
        walk.container(value)
        if walk.keys != text.count(b":") and walk.keys != len(_KEY_COLON.findall(text)):
            _first_value(text)
        return value
    return _as_double(value) if type(value) is int else value


class _Walk:
    """Counts the keys of a value and turns its large integers into doubles."""

    __slots__ = ("keys",)

    def __init__(self) -> None:
        self.keys = 0

    def container(self, value: dict[str, Any] | list[Any]) -> None:
        if type(value) is dict:
            self.keys += len(value)
            items: Any = value.items()
        else:
            items = enumerate(value)
        for key, item in items:
            kind = type(item)
            if kind is dict or kind is list:
                self.container(item)
            elif kind is int and not -_EXACT_INTEGERS <= item <= _EXACT_INTEGERS:
                value[key] = float(item)


def _as_double(value: int) -> float:
    """Return an integer as it is where a double holds it exactly, else the nearest double."""
    return value if -_EXACT_INTEGERS <= value <= _EXACT_INTEGERS else float(value)


def _first_value(text: bytes) -> bytes:
    """Return text up to the end of its first value.

    Raises:
        MalformedJson: there is no complete value, or it repeats a key.
    """
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        decoded = text[: error.start].decode()
    start = len(decoded) - len(decoded.lstrip(_WHITESPACE))
    try:
        _, end = _DECODER.raw_decode(decoded, start)
    except (ValueError, RecursionError) as error:
        raise MalformedJson(str(error)) from error
    return decoded[:end].encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("duplicate key")
    return found


def _refuse(name: str) -> None:
    raise MalformedJson(name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse, parse_int=float, parse_float=float
)

"""PocketBase's loose casts: every input becomes a value, bad input the zero value.

Source: PocketBase tools/list/list.go ToUniqueStringSlice and the cast library it uses; the
results are those of a running server (tests/fields/answers).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import orjson

from pbpy.fields.numbers import format_plain, parse_float, shrink, widen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import JsonValue
    from pbpy.fields.numbers import Number

_TRUE_TEXTS = frozenset({"1", "t", "T", "true", "TRUE", "True"})

_JSON_SPACE = " \t\r\n"
_JSON_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')


def to_text(raw: JsonValue) -> str:
    """Return raw as text; lists, objects and None become empty."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, (int, float)):
        return format_plain(raw)
    if isinstance(raw, bytes):
        return raw.decode("utf-8", "replace")
    return ""


def to_number(raw: JsonValue) -> Number:
    """Return raw as a number; it may be infinite or NaN, which validation refuses."""
    if isinstance(raw, int):
        return widen(int(raw))
    if isinstance(raw, float):
        return shrink(raw)
    if isinstance(raw, str):
        number = parse_float(raw)
        return 0 if number is None else shrink(number)
    return 0


def to_bool(raw: JsonValue) -> bool:
    """Return raw as a bool: only a few exact texts and every number but 0 are true."""
    if isinstance(raw, str):
        return raw in _TRUE_TEXTS
    return isinstance(raw, (bool, int, float)) and raw != 0


def to_texts(raw: JsonValue) -> tuple[str, ...]:
    """Return raw as distinct, non-empty texts in order.

    A text with a bracket in it is read as a JSON array of texts. A list with a list or an
    object in it is empty as a whole.
    """
    if isinstance(raw, str):
        if "[" not in raw:
            return (raw,) if raw else ()
        return unique(parse_text_array(raw))
    if raw is None:
        return ()
    if isinstance(raw, (list, tuple)):
        if any(isinstance(item, (list, tuple, dict)) for item in raw):
            return ()
        return unique(map(to_text, raw))
    return unique((to_text(raw),))


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts without empty and repeated ones, in order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def parse_text_array(text: str) -> list[str]:
    """Return the elements of a JSON array of texts.

    PocketBase: the array is read as a stream. When it turns out to be something else, what
    was read so far stays, followed by the whole text.
    """
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, list) and all(item is None or type(item) is str for item in found):
        return [item or "" for item in found]
    return _read_text_array(text)


def _read_text_array(text: str) -> list[str]:
    elements: list[str] = []
    position = _skip_space(text, 0)
    if text[position : position + 1] != "[":
        return [text]
    position = _skip_space(text, position + 1)
    while True:
        if text.startswith("null", position):
            position += 4
            elements.append("")
        elif match := _JSON_STRING.match(text, position):
            elements.append(json.loads(match.group()))
            position = match.end()
        else:
            return [*elements, text]
        position = _skip_space(text, position)
        mark = text[position : position + 1]
        if mark == "]":
            rest = text[position + 1 :].strip(_JSON_SPACE)
            return [*elements, text] if rest else elements
        if mark != ",":
            return [*elements, text]
        position = _skip_space(text, position + 1)


def _skip_space(text: str, position: int) -> int:
    while text[position : position + 1] in _JSON_SPACE and position < len(text):
        position += 1
    return position

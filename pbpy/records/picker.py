"""The `fields` parameter: which keys of a response a client wants.

    a,b.c,expand.author.*,text:excerpt(200,true)

Paths go into objects and into lists of objects; `*` takes every key that no other path
names. A Picker is compiled once per text; each node remembers what it decided per key.
Source: PocketBase tools/picker.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import orjson

from pbpy.errors import BadRequest
from pbpy.records.excerpt import Excerpt, parse_excerpt

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

Paths: TypeAlias = "dict[str, Excerpt | None]"
"""Path -> what to do with its value, None to leave it as it is."""

Choice: TypeAlias = "Picker | Excerpt | bool"
"""For one key: False to drop it, True to keep it, else how to change its value."""

_CACHED_TEXTS = 500


class Picker:
    """Chooses keys of objects; see `compile_picker`."""

    __slots__ = ("_choices", "_paths", "_wildcard")

    def __init__(self, paths: Paths) -> None:
        self._wildcard = "*" in paths
        self._paths = paths
        self._choices: dict[str, Choice] = {}

    def choose(self, key: str) -> Choice:
        """Return what becomes of one key of an object."""
        known = self._choices.get(key)
        if known is None:
            known = self._decide(key)
            # Keys of JSON columns are the clients' own: do not keep any number of them.
            if len(self._choices) < _CACHED_TEXTS:
                self._choices[key] = known
        return known

    def pick(self, value: JsonValue) -> JsonValue:
        """Return value with the chosen keys only; what is no object stays as it is.

        A list is looked into when its first item is an object.
        """
        if isinstance(value, dict):
            return self._pick_object(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [self._pick_object(item) if isinstance(item, dict) else item for item in value]
        return value

    def _pick_object(self, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        picked = {}
        for key, item in value.items():
            choice = self.choose(key)
            if choice is not False:
                picked[key] = apply_choice(choice, item)
        return picked

    def _decide(self, key: str) -> Choice:
        start = key + "."
        below: Paths = {}
        for path, excerpt in self._paths.items():
            if path == key:
                return excerpt or True
            if path.startswith(start):
                below[path[len(start) :]] = excerpt
        if below:
            return Picker(below)
        return (self._paths["*"] or True) if self._wildcard else False


def apply_choice(choice: Picker | Excerpt | bool, value: JsonValue) -> JsonValue:
    """Return value as a choice other than False wants it."""
    if isinstance(choice, Picker):
        return choice.pick(value)
    return choice.shorten(value) if isinstance(choice, Excerpt) else value


def pick(value: JsonValue, text: str) -> JsonValue:
    """Return value (orjson input) with the keys only that a `fields` parameter names.

    Raises:
        BadRequest: as `compile_picker`.
    """
    picker = compile_picker(text)
    return value if picker is None else picker.pick(orjson.loads(orjson.dumps(value)))


@lru_cache(_CACHED_TEXTS)
def compile_picker(text: str) -> Picker | None:
    """Return the picker for a `fields` parameter, None when it names nothing.

    Raises:
        BadRequest: an unknown modifier, or one with wrong arguments.
    """
    paths: Paths = {}
    for part in _split(text.partition("\0")[0]):  # PocketBase: a NUL ends the text
        path, colon, modifier = part.partition(":")
        paths[path] = parse_excerpt(modifier) if colon else None
    return Picker(paths) if paths else None


def _split(text: str) -> list[str]:
    """Return the comma-separated parts; commas in parentheses or quotes separate nothing."""
    parts: list[str] = []
    depth, quote, start = 0, "", 0
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[position - 1] != "\\" else quote
        elif char in "\"'`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "," and depth <= 0:
            parts.append(text[start:position].strip())
            start = position + 1
    if quote or depth > 0:
        raise BadRequest
    parts.append(text[start:].strip())
    return [part for part in parts if part]

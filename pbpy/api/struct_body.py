"""Bodies bound to a fixed shape: auth forms, collections, settings.

A shape names every key with its kind. JSON keys match it in any letter case, with dashes or
underscores, form keys exactly; unknown keys are left out. `null` counts as absent, except for the
kind `json`, which takes any value as it is. Source: PocketBase tools/router BindBody.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_type_hints
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from pbpy.api.form_values import JSON_PAYLOAD, group_values, infer_value, load_payload
from pbpy.binding import Struct, fold_key, json_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pbpy.errors import JsonValue

Kind = Literal["text", "bool", "integer", "number", "texts", "json"]
Shape: TypeAlias = "Mapping[str, Kind | Shape]"

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("", "0", "f", "F", "FALSE", "false", "False"))
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9][0-9]*)")


_KINDS: Mapping[Any, Kind] = {str: "text", bool: "bool", int: "integer", tuple[str, ...]: "texts"}


def shape_of(struct: type[Struct]) -> Shape:
    """Return the shape of forms for a struct; lists of structs cannot be in a form."""
    hints = get_type_hints(struct)
    shape: dict[str, Kind | Shape] = {}
    for item in fields(struct):
        hint = hints[item.name]
        if isinstance(hint, type) and issubclass(hint, Struct):
            shape[json_key(item.name)] = shape_of(hint)
        elif kind := _KINDS.get(hint):
            shape[json_key(item.name)] = kind
    return shape


class WrongKind(ValueError):
    """A value does not fit the kind of its key."""


def bind_json(value: JsonValue, shape: Shape) -> dict[str, JsonValue]:
    """Return the members of a JSON object that the shape knows; null gives none.

    Raises:
        WrongKind: value is no object, a member has another type, or a key comes twice.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongKind("not an object")
    folded: dict[str, str] = {}
    bound: dict[str, JsonValue] = {}
    for key, member in value.items():
        name: str | None = key
        if key not in shape:
            folded = folded or {fold_key(name): name for name in shape}
            name = folded.get(fold_key(key))
        if name is None:
            continue
        if name in bound:
            raise WrongKind(f"{name} comes twice")
        bound[name] = _from_json(member, shape[name])
    return {name: member for name, member in bound.items() if member is not _ABSENT}


_ABSENT = object()


def _from_json(value: JsonValue, kind: Kind | Shape) -> JsonValue:
    if kind == "json":
        return value
    if value is None:
        return _ABSENT
    if not isinstance(kind, str):
        return bind_json(value, kind)
    if not _JSON_CHECKS[kind](value):
        raise WrongKind(f"{value!r} is not {kind}")
    return ["" if item is None else item for item in value] if kind == "texts" else value


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_JSON_CHECKS: dict[str, Callable[[JsonValue], bool]] = {
    "text": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "texts": lambda value: (
        isinstance(value, list) and all(item is None or isinstance(item, str) for item in value)
    ),
}


def bind_form(
    values: Mapping[str, list[str]], shape: Shape, prefix: str = ""
) -> dict[str, JsonValue]:
    """Return the form values that the shape knows; nested shapes use dotted names.

    Raises:
        WrongKind: a value cannot be read as its kind.
    """
    bound: dict[str, JsonValue] = {}
    for name, kind in shape.items():
        if not isinstance(kind, str):
            if nested := bind_form(values, kind, f"{prefix}{name}."):
                bound[name] = nested
        elif given := values.get(prefix + name):
            bound[name] = given if kind == "texts" else _from_text(given[0], kind)
    return bound


def bind_pairs(pairs: list[tuple[str, str]], shape: Shape) -> dict[str, JsonValue]:
    """Return the pairs of a form that the shape knows, JSON payloads on top.

    Raises:
        WrongKind: a value cannot be read as its kind.
        MalformedJson: a payload is no JSON object or null.
    """
    grouped = group_values(pairs)
    bound = bind_form(grouped, shape)
    for payload in grouped.get(JSON_PAYLOAD, ()):
        bound.update(bind_json(load_payload(payload), shape))
    return bound


def _from_text(text: str, kind: Kind) -> JsonValue:
    if kind == "text":
        return text
    if kind == "json":
        return infer_value(text)
    if kind == "bool":
        if text not in _TRUE and text not in _FALSE:
            raise WrongKind(text)
        return text in _TRUE
    if kind == "integer":
        return _parse_integer(text)
    try:
        return float(text or "0")
    except ValueError as error:
        raise WrongKind(text) from error


def _parse_integer(text: str) -> int:
    """Return Go's ParseInt(text, 0, 64); 0 for no text."""
    if not text:
        return 0
    if not _INTEGER.fullmatch(text):
        raise WrongKind(text)
    digits = text.lstrip("+-")
    is_old_octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    number = int(digits, 8 if is_old_octal else 0)
    return -number if text[0] == "-" else number


class _PlainTree(TreeBuilder):
    """Refuses document types, so there are no entities; knows when the root is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.root: Element | None = None

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise WrongKind(f"document type {name}, {pubid}, {system}")

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self.depth += 1
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self.depth -= 1
        element = super().end(tag)
        if self.depth == 0:
            self.root = element
        return element


def bind_xml(text: bytes, shape: Shape) -> dict[str, JsonValue]:
    """Return the child elements of the root that the shape knows.

    Elements are named as Go names the keys: `Identity` for `identity`. What follows the root
    is ignored.

    Raises:
        WrongKind: text does not begin with well-formed XML, or a value is not of its kind.
    """
    tree = _PlainTree()
    parser = XMLParser(target=tree)  # noqa: S314  # no document type, hence no entities
    try:
        parser.feed(text)
        parser.close()
    except ParseError as error:
        if tree.root is None:
            raise WrongKind(str(error)) from error
    values: dict[str, list[str]] = {}
    for child in tree.root if tree.root is not None else ():
        name = child.tag.rpartition("}")[2]
        values[name[:1].lower() + name[1:] if name[:1].isupper() else ""] = [child.text or ""]
    return bind_form(values, shape)

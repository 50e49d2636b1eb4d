"""Rows -> JSON: stored rows as objects with a chosen set of keys.

Which key shows which column, and what has to be converted, is compiled into one function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import orjson

from pbpy.fields.numbers import MAX_SAFE_INT, number_output
from pbpy.records.layout import layout_of
from pbpy.records.picker import Picker, apply_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field
    from pbpy.records.picker import Choice
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row

Output: TypeAlias = "dict[str, JsonValue]"
Convert: TypeAlias = "Callable[[Any], JsonValue]"
"""A stored value -> what orjson writes."""

_DATE_LENGTH = len("2022-01-01 10:00:00.123Z")
_CACHED_SHAPES = 200


class _Encode(Protocol):
    def __call__(self, rows: Sequence[Row], expanded: Sequence[JsonValue] = ()) -> list[Output]: ...


class Shape:
    """A set of keys of one collection's records, in alphabetical order."""

    __slots__ = ("encode",)

    encode: _Encode
    """(rows, expanded) -> an object for each row; expanded holds the value of `expand` for each."""

    def __init__(
        self,
        collection: Collection,
        names: Iterable[str],
        picker: Picker | None = None,
        columns: Iterable[str] | None = None,
    ) -> None:
        """Rows hold these columns in order, or those of all fields."""
        positions = tuple(layout_of(collection).positions if columns is None else columns)
        known: dict[str, Any] = {}
        values = {
            key: _expression(collection, key, positions, picker, known) for key in sorted(names)
        }
        self.encode = _compile(values, len(positions), known)


def _compile(values: Mapping[str, str], width: int, known: dict[str, Any]) -> _Encode:
    """Return what makes objects of rows with that many columns.

    It is generated: an object written with its keys takes 0.45 us for ten of them, one that is
    zipped of keys and values 1.1 us, and a page has up to 1,000. The text holds quoted names,
    numbers and names of this module, whatever the fields are called.
    """
    row = "".join(f"c{place}, " for place in range(width))
    each = f"({row}) in rows"
    if "expand" in values:
        each = f"(({row}), expand) in zip(rows, expanded, strict=True)"
    pairs = ", ".join(f"{key!r}: {value}" for key, value in values.items())
    code = f"lambda rows, expanded=(): [{{{pairs}}} for {each}]"
    return cast("_Encode", eval(code, known))  # noqa: S307  # see above


def shape_of(collection: Collection, names: Iterable[str]) -> Shape:
    """Return the shape of unpicked records with these keys, computed when first asked for."""
    shapes: dict[frozenset[str], Shape] = collection.memo.setdefault("records.shapes", {})
    key = frozenset(names)
    found = shapes.get(key)
    if found is None:
        if len(shapes) >= _CACHED_SHAPES:
            shapes.clear()
        found = shapes[key] = Shape(collection, key)
    return found


def _expression(
    collection: Collection,
    key: str,
    positions: Sequence[str],
    picker: Picker | None,
    known: dict[str, Any],
) -> str:
    """Return the expression for the value of a key; what it calls goes into known."""
    if key == "expand":
        return key  # encoded and picked by whoever knows the records in it
    item = collection.by_name.get(key)
    choice = picker.choose(key) if picker else True
    name = f"f{len(known)}"
    if item is None:
        constant = collection.id if key == "collectionId" else collection.name
        known[name] = constant if choice is True else apply_choice(choice, constant)
        return name
    column = f"c{positions.index(key)}"
    convert = _value_conversion(collection, item)
    is_table = picker is None and not collection.is_view
    known[name] = convert if is_table else _picked(convert, item, choice)
    return _table_expression(item, column, name) if is_table else f"{name}({column})"


def _table_expression(item: Field, column: str, convert: str) -> str:
    """Return the expression for a column of a table, which holds what `encode` gives.

    Most values go out as they are: a call for each would cost as much as all the rest.
    """
    converted = f"{convert}({column})"
    if item.is_multiple:
        return converted
    match item.type:
        case "text" | "email" | "url" | "editor" | "select" | "relation" | "file":
            return column
        case "bool":
            return f"not not {column}"
        case "number":
            is_plain = f"type({column}) is int and -{MAX_SAFE_INT} <= {column} <= {MAX_SAFE_INT}"
            return f"{column} if {is_plain} else {converted}"
        case "date" | "autodate":
            return f"{column} if len({column}) == {_DATE_LENGTH} else {converted}"
        case _:
            return converted


def _value_conversion(collection: Collection, item: Field) -> Convert:
    if collection.is_view:  # holds whatever its query computes
        return lambda stored: item.to_output(item.decode_view(stored))
    return item.stored_to_output


def _picked(convert: Convert, item: Field, choice: Choice) -> Convert:
    """Return a conversion that also does what the picker wants with the value."""
    if item.type == "json":
        # PocketBase: a picked answer was parsed, so numbers have their usual form again.
        if choice is True:
            return lambda stored: (
                number_output(stored) if type(stored) is float else convert(stored)
            )
        return lambda stored: apply_choice(choice, orjson.loads(orjson.dumps(convert(stored))))
    if choice is True:
        return convert
    if isinstance(choice, Picker):  # lists and points may be encoded already
        return lambda stored: choice.pick(orjson.loads(orjson.dumps(convert(stored))))
    return lambda stored: apply_choice(choice, convert(stored))

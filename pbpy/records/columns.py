"""Columns -> JSON: stored rows as objects with a chosen set of keys.

Most columns go out as they are; the others are converted column by column, which for a page
takes half the time of going row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from pbpy.fields.numbers import MAX_SAFE_INT, number_output
from pbpy.records.layout import layout_of
from pbpy.records.picker import Picker, apply_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field
    from pbpy.records.picker import Choice
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row

Output: TypeAlias = "dict[str, JsonValue]"
Convert: TypeAlias = "Callable[[Any], JsonValue]"
"""A stored value -> what orjson writes."""
ConvertColumn: TypeAlias = "Callable[[Sequence[Any]], Iterable[JsonValue]]"

_DATE_LENGTHS = {0, len("2022-01-01 10:00:00.123Z")}
_CACHED_SHAPES = 200


class Shape:
    """A set of keys of one collection's records, in alphabetical order."""

    __slots__ = ("_keys", "_names", "_places")

    def __init__(
        self,
        collection: Collection,
        names: Iterable[str],
        picker: Picker | None = None,
        columns: Iterable[str] | None = None,
    ) -> None:
        """Rows hold these columns in order, or those of all fields."""
        positions = layout_of(collection).positions if columns is None else columns
        places = {name: place for place, name in enumerate(positions)}
        for name in ("collectionId", "collectionName", "expand"):
            places[name] = len(places)
        self._names = (collection.id, collection.name)
        self._keys = tuple(sorted(names))
        self._places = [(places[key], _conversion(collection, key, picker)) for key in self._keys]

    def encode(self, rows: Sequence[Row], expanded: Sequence[JsonValue] = ()) -> list[Output]:
        """Return an object for each row; expanded holds the value of `expand` for each."""
        if not self._keys or not rows:
            return [{} for _ in rows]
        count = len(rows)
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        columns += ([name] * count for name in self._names)
        columns.append(expanded)
        chosen = [
            convert(columns[place]) if convert else columns[place]
            for place, convert in self._places
        ]
        keys = self._keys
        return [dict(zip(keys, values, strict=True)) for values in zip(*chosen, strict=True)]


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


def _conversion(collection: Collection, key: str, picker: Picker | None) -> ConvertColumn | None:
    """Return what turns a column into orjson input; None when it goes out as it is."""
    item = collection.by_name.get(key)
    choice = picker.choose(key) if picker else True
    if key == "expand" or (item is None and choice is True):
        return None  # expand is encoded and picked by whoever knows the records in it
    if picker is None and item is not None and not collection.is_view:
        return _table_column(item)
    convert = _picked(_value_conversion(collection, item), item, choice)
    return lambda column: map(convert, column)


def _table_column(item: Field) -> ConvertColumn | None:
    """Return the conversion of a whole column of a table, which holds what `encode` gives."""
    convert = item.stored_to_output
    if item.is_multiple:
        return lambda column: map(convert, column)
    match item.type:
        case "text" | "email" | "url" | "editor" | "select" | "relation" | "file":
            return None
        case "bool":
            return lambda column: map(bool, column)
        case "number":
            return _number_column
        case "date" | "autodate":
            return lambda column: (
                column if set(map(len, column)) <= _DATE_LENGTHS else map(convert, column)
            )
        case _:
            return lambda column: map(convert, column)


def _number_column(column: Sequence[Any]) -> Iterable[JsonValue]:
    is_plain = set(map(type, column)) == {int} and (
        min(column) >= -MAX_SAFE_INT and max(column) <= MAX_SAFE_INT
    )
    return column if is_plain else map(number_output, column)


def _value_conversion(collection: Collection, item: Field | None) -> Convert:
    if item is None:
        return lambda constant: constant
    if collection.is_view:  # holds whatever its query computes
        return lambda stored: item.to_output(item.decode_view(stored))
    return item.stored_to_output


def _picked(convert: Convert, item: Field | None, choice: Choice) -> Convert:
    """Return a conversion that also does what the picker wants with the value."""
    if item is not None and item.type == "json":
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

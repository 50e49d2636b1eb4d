"""Record -> JSON: what a client sees, with keys in alphabetical order.

A collection's encoder is compiled once per (who asks, `fields` parameter). It works on stored
rows, so a record that nobody touched is never decoded.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

import orjson

from pbpy.records.columns import Shape, shape_of
from pbpy.records.layout import layout_of
from pbpy.records.picker import Picker
from pbpy.records.record import Record
from pbpy.schema.indexes import indexed_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.errors import JsonValue
    from pbpy.records.columns import Output
    from pbpy.records.picker import Choice
    from pbpy.records.record import Expanded
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row

_SECRETS = frozenset({"password", "tokenKey"})
_CACHED_ENCODERS = 200

_Seen: TypeAlias = "dict[tuple[int, int], tuple[Record, Picker | None, Output]]"
"""Expanded records of one answer by their identity: each is encoded once, however often it shows.

They are kept with their picker, so that no other object gets their identity."""

_kind_of = attrgetter("collection", "shows_hidden", "visibility", "shows_custom")
"""What must be the same for records to be encoded together."""


def encode_record(record: Record, picker: Picker | None = None) -> Output:
    """Return what the client sees of record, as orjson input."""
    return _encoder_of(record, picker).encode([record], {})[0]


def encode_records(records: Sequence[Record], picker: Picker | None = None) -> list[Output]:
    """Return what the client sees of several records, as orjson input."""
    return _encode(records, picker, {}) if records else []


def _encode(records: Sequence[Record], picker: Picker | None, seen: _Seen) -> list[Output]:
    kinds = [*map(_kind_of, records)]
    has_expand = [record.expand is not None for record in records]
    if kinds.count(kinds[0]) == len(kinds) and has_expand.count(has_expand[0]) == len(kinds):
        return _encoder_of(records[0], picker).encode(records, seen)
    return [_encoder_of(record, picker).encode([record], seen)[0] for record in records]


class RowEncoder:
    """Encodes rows of one collection that nobody wants to see as records.

    Attributes:
        columns: which columns a row has to hold, in order; None for all fields.
    """

    __slots__ = ("_shape", "columns")

    def __init__(self, collection: Collection, picker: Picker | None, names: Sequence[str]) -> None:
        self.columns: tuple[str, ...] | None = None
        if picker is not None:
            self.columns = _columns_for(collection, names)
        self._shape = Shape(collection, names, picker, self.columns)

    def encode(self, rows: Sequence[Row]) -> list[Output]:
        """Return an object for each row."""
        return self._shape.encode(rows)


def _columns_for(collection: Collection, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns to read for these keys, one of them in no index.

    PocketBase reads whole rows. When an index held all columns of ours, SQLite would read the
    index alone, and rows without a sort would come in its order.
    """
    shown = tuple(name for name in names if name in collection.by_name)
    indexed = {"id", *indexed_columns(collection.indexes)}
    if not indexed.issuperset(shown):
        return shown
    free = [item.name for item in collection.fields if item.name not in indexed]
    return (*shown, free[0]) if free else None


def row_encoder(
    collection: Collection, picker: Picker | None, *, shows_hidden: bool
) -> RowEncoder | None:
    """Return the encoder of rows for this reader.

    None when each record has to be asked whether its email is shown.
    """
    cache: dict[tuple[bool, Picker | None], RowEncoder | None] = collection.memo.setdefault(
        "records.row_encoders", {}
    )
    key = (shows_hidden, picker)
    if key not in cache:
        if len(cache) >= _CACHED_ENCODERS:
            cache.clear()
        names = _picked_names(collection, picker, shows_hidden=shows_hidden)
        asks = "email" in names and collection.is_auth and not shows_hidden
        cache[key] = None if asks else RowEncoder(collection, picker, names)
    return cache[key]


def _encoder_of(record: Record, picker: Picker | None) -> _Encoder:
    collection = record.collection
    cache: dict[tuple[bool, bool, Picker | None], _Encoder] = collection.memo.setdefault(
        "records.encoders", {}
    )
    has_expand = record.expand is not None
    key = (record.shows_hidden, has_expand, picker)
    found = cache.get(key)
    if found is None:
        if len(cache) >= _CACHED_ENCODERS:
            cache.clear()
        found = cache[key] = _Encoder(record, picker)
    return found


class _Encoder:
    """Encodes records of one collection, all expanded or none, for one kind of reader."""

    __slots__ = (
        "_collection",
        "_email",
        "_expand",
        "_has_expand",
        "_picker",
        "_shape",
        "_shows_hidden",
    )

    def __init__(self, example: Record, picker: Picker | None) -> None:
        collection = example.collection
        self._collection = collection
        self._picker = picker
        self._shows_hidden = example.shows_hidden
        self._has_expand = example.expand is not None
        names = _picked_names(collection, picker, shows_hidden=example.shows_hidden)
        self._expand: Choice = False
        if self._has_expand:
            self._expand = picker.choose("expand") if picker else True
        if self._expand is not False:
            names.append("expand")
        self._email = _email_guard(collection) if "email" in names else None
        self._shape = Shape(collection, names, picker)

    def encode(self, records: Sequence[Record], seen: _Seen) -> list[Output]:
        """Return the objects of records of one kind."""
        first = records[0]
        if first.visibility is not None or first.shows_custom:
            return [self._encode_customised(record, seen) for record in records]
        rows = [record.export_row() for record in records]
        expanded: Sequence[JsonValue] = ()
        if self._expand is not False:
            expanded = [
                _encode_expand(record.expand or {}, self._expand, seen) for record in records
            ]
        output = self._shape.encode(rows, expanded)
        if self._email is not None:
            for record, row, item in zip(records, rows, output, strict=True):
                if not record.shows_email and not row[self._email]:
                    del item["email"]
        return output

    def _encode_customised(self, record: Record, seen: _Seen) -> Output:
        """Return the object of a record with names of its own to show or to hide."""
        collection = record.collection
        visibility = record.visibility or {}
        names = {
            name
            for name in _visible_names(collection, shows_hidden=True)
            if visibility.get(name, self._shows_hidden or not _is_hidden(collection, name))
        }
        if collection.is_auth and not record.shows_email and not record.get("emailVisibility"):
            names.discard("email")
        [output] = shape_of(collection, names).encode([record.export_row()])
        if record.shows_custom:
            for name, value in record.custom.items():
                if visibility.get(name, True):
                    output[name] = value
        if record.expand is not None and visibility.get("expand", True):
            output["expand"] = _encode_expand(record.expand, True, seen)
        output = dict(sorted(output.items()))
        if self._picker is None:
            return output
        return self._picker.pick(orjson.loads(orjson.dumps(output)))  # type: ignore[no-any-return]


def _visible_names(collection: Collection, *, shows_hidden: bool) -> list[str]:
    names = [
        item.name
        for item in collection.fields
        if (shows_hidden or not item.hidden) and not (collection.is_auth and item.name in _SECRETS)
    ]
    return [*names, "collectionId", "collectionName"]


def _picked_names(
    collection: Collection, picker: Picker | None, *, shows_hidden: bool
) -> list[str]:
    names = _visible_names(collection, shows_hidden=shows_hidden)
    return [name for name in names if picker.choose(name) is not False] if picker else names


def _is_hidden(collection: Collection, name: str) -> bool:
    item = collection.by_name.get(name)
    return item is not None and item.hidden


def _email_guard(collection: Collection) -> int | None:
    """Return where the row says whether its email is public; None when there is no such thing."""
    if not collection.is_auth:
        return None
    return layout_of(collection).positions.get("emailVisibility")


def _encode_expand(expand: Expanded, choice: Choice, seen: _Seen) -> JsonValue:
    if isinstance(choice, Picker):
        return {
            name: _encode_relation(related, below, seen)
            for name, related in sorted(expand.items())
            if (below := choice.choose(name)) is not False
        }
    return {name: _encode_relation(related, True, seen) for name, related in sorted(expand.items())}


def _encode_relation(related: Record | list[Record], choice: Choice, seen: _Seen) -> JsonValue:
    picker = choice if isinstance(choice, Picker) else None
    records = [related] if isinstance(related, Record) else related
    keys = [(id(record), id(picker)) for record in records]
    new = [record for record, key in zip(records, keys, strict=True) if key not in seen]
    if new:
        for record, output in zip(new, _encode(new, picker, seen), strict=True):
            seen[id(record), id(picker)] = (record, picker, output)
    outputs = [seen[key][2] for key in keys]
    return outputs[0] if isinstance(related, Record) else outputs

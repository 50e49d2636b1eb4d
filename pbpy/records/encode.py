"""Record -> JSON: what a client sees, with keys in alphabetical order.

A collection's encoder is compiled once per (who asks, `fields` parameter). It works on stored
rows, so a record that nobody touched is never decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from pbpy.records.columns import Shape, shape_of
from pbpy.records.layout import layout_of
from pbpy.records.picker import Picker
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.errors import JsonValue
    from pbpy.records.columns import Output
    from pbpy.records.picker import Choice
    from pbpy.records.record import Expanded
    from pbpy.schema.collection import Collection

_SECRETS = frozenset({"password", "tokenKey"})
_CACHED_ENCODERS = 200


def encode_record(record: Record, picker: Picker | None = None) -> Output:
    """Return what the client sees of record, as orjson input."""
    return _encoder_of(record, picker).encode([record])[0]


def encode_records(records: Sequence[Record], picker: Picker | None = None) -> list[Output]:
    """Return what the client sees of several records, as orjson input."""
    if not records:
        return []
    encoder = _encoder_of(records[0], picker)
    if all(map(encoder.fits, records)):
        return encoder.encode(records)
    return [encode_record(record, picker) for record in records]


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
        names = _visible_names(collection, shows_hidden=example.shows_hidden)
        if self._has_expand:
            names.append("expand")
        if picker:
            names = [name for name in names if picker.choose(name) is not False]
        self._expand: Choice = False
        if "expand" in names:
            self._expand = picker.choose("expand") if picker else True
        self._email = _email_guard(collection) if "email" in names else None
        self._shape = Shape(collection, names, picker)

    def fits(self, record: Record) -> bool:
        """Return whether this is the encoder for record."""
        return (
            record.collection is self._collection
            and record.shows_hidden == self._shows_hidden
            and (record.expand is not None) == self._has_expand
            and record.visibility is None
            and not record.shows_custom
        )

    def encode(self, records: Sequence[Record]) -> list[Output]:
        """Return the objects of records that fit; a single one may be customised."""
        first = records[0]
        if first.visibility is not None or first.shows_custom:
            return [self._encode_customised(record) for record in records]
        rows = [record.export_row() for record in records]
        expanded: Sequence[JsonValue] = ()
        if self._expand is not False:
            expanded = [_encode_expand(record.expand or {}, self._expand) for record in records]
        output = self._shape.encode(rows, expanded)
        if self._email is not None:
            for record, row, item in zip(records, rows, output, strict=True):
                if not record.shows_email and not row[self._email]:
                    del item["email"]
        return output

    def _encode_customised(self, record: Record) -> Output:
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
            output["expand"] = _encode_expand(record.expand, True)
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


def _is_hidden(collection: Collection, name: str) -> bool:
    item = collection.by_name.get(name)
    return item is not None and item.hidden


def _email_guard(collection: Collection) -> int | None:
    """Return where the row says whether its email is public; None when there is no such thing."""
    if not collection.is_auth:
        return None
    return layout_of(collection).positions.get("emailVisibility")


def _encode_expand(expand: Expanded, choice: Choice) -> JsonValue:
    if isinstance(choice, Picker):
        return {
            name: _encode_relation(related, below)
            for name, related in sorted(expand.items())
            if (below := choice.choose(name)) is not False
        }
    return {name: _encode_relation(related, True) for name, related in sorted(expand.items())}


def _encode_relation(related: Record | list[Record], choice: Choice) -> JsonValue:
    picker = choice if isinstance(choice, Picker) else None
    if isinstance(related, Record):
        return encode_record(related, picker)
    return encode_records(related, picker)

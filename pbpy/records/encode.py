"""Record -> JSON: what a client sees, with keys in alphabetical order.

A collection's encoder is compiled once per (who asks, `fields` parameter). It works on the
stored row: most columns go out as they are, JSON columns as raw text (`orjson.Fragment`),
so a record that nobody touched is never decoded.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from pbpy.fields.numbers import number_output
from pbpy.records.layout import layout_of
from pbpy.records.picker import Picker, apply_choice
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field
    from pbpy.records.excerpt import Excerpt
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row, SqlValue

Output: TypeAlias = "dict[str, JsonValue]"
Convert: TypeAlias = "Callable[[Any], JsonValue]"

_SECRETS = frozenset({"password", "tokenKey"})
_TIMESTAMP_CHARS = len("2022-01-01 10:00:00.123Z")
_CACHED_ENCODERS = 200


def encode_record(record: Record, picker: Picker | None = None) -> Output:
    """Return what the client sees of record, as orjson input."""
    return _encoder_of(record, picker).encode(record)


def encode_records(records: Sequence[Record], picker: Picker | None = None) -> list[Output]:
    """Return what the client sees of several records."""
    output = []
    encoder = None
    for record in records:
        if encoder is None or not encoder.fits(record):
            encoder = _encoder_of(record, picker)
        output.append(encoder.encode(record))
    return output


def _encoder_of(record: Record, picker: Picker | None) -> _Encoder:
    collection = record.collection
    cache: dict[tuple[bool, Picker | None], _Encoder] = collection.memo.setdefault(
        "records.encoders", {}
    )
    key = (record.shows_hidden, picker)
    found = cache.get(key)
    if found is None:
        if len(cache) >= _CACHED_ENCODERS:
            cache.clear()
        found = _Encoder(collection, picker, shows_hidden=record.shows_hidden)
        cache[key] = found
    return found


class _Encoder:
    """Encodes the records of one collection for one kind of reader."""

    __slots__ = (
        "_choices",
        "_collection",
        "_constants",
        "_email",
        "_expand_choice",
        "_picker",
        "_shows_hidden",
        "_with_expand",
        "_without_expand",
    )

    def __init__(
        self, collection: Collection, picker: Picker | None, *, shows_hidden: bool
    ) -> None:
        self._collection = collection
        self._picker = picker
        self._shows_hidden = shows_hidden
        self._constants: tuple[str, str] = (collection.id, collection.name)
        self._expand_choice = picker.choose("expand") if picker else True
        names = _visible_names(collection, shows_hidden=shows_hidden)
        if picker:
            names = [name for name in names if picker.choose(name) is not False]
        self._email = _email_guard(collection) if "email" in names else None
        self._without_expand = _Shape(collection, names, picker)
        self._with_expand = _Shape(collection, [*names, "expand"], picker)

    def fits(self, record: Record) -> bool:
        """Return whether this is the encoder for record."""
        return record.collection is self._collection and record.shows_hidden == self._shows_hidden

    def encode(self, record: Record) -> Output:
        if record.visibility is not None or record.shows_custom:
            return self._encode_customised(record)
        row = record.export_row()
        if record.expand is None or self._expand_choice is False:
            output = self._without_expand.encode(row + self._constants)
        else:
            expanded = _encode_expand(record.expand, self._expand_choice)
            output = self._with_expand.encode((*row, *self._constants, expanded))
        if self._email is not None and not record.shows_email and not row[self._email]:
            del output["email"]
        return output

    def _encode_customised(self, record: Record) -> Output:
        """Return the same for a record with names of its own to show or to hide."""
        visibility = record.visibility or {}
        row = record.export_row()
        names = [
            name
            for name in _visible_names(record.collection, shows_hidden=True)
            if visibility.get(name, self._shows_hidden or not _is_hidden(record.collection, name))
        ]
        if (
            record.collection.is_auth
            and not record.shows_email
            and not record.get("emailVisibility")
        ):
            names = [name for name in names if name != "email"]
        shape = _Shape(record.collection, names, None)
        output = shape.encode(row + self._constants)
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


class _Shape:
    """A set of keys: a row with collection id, name and expand behind it -> an object."""

    __slots__ = ("_conversions", "_keys", "_take")

    def __init__(self, collection: Collection, names: Sequence[str], picker: Picker | None) -> None:
        layout = layout_of(collection)
        places = dict(layout.positions)
        for name in ("collectionId", "collectionName", "expand"):
            places[name] = len(places)
        keys = tuple(sorted(names))
        self._keys = keys
        self._take = _taker([places[key] for key in keys])
        self._conversions: list[tuple[str, Convert]] = []
        for key in keys:
            item = collection.by_name.get(key)
            choice = picker.choose(key) if picker and key != "expand" else True
            convert = (
                None
                if item is None
                else _conversion(collection, item, choice, is_picked=picker is not None)
            )
            if item is None and choice is not True:
                convert = _then(None, choice)
            if convert is not None:
                self._conversions.append((key, convert))

    def encode(self, row: Row) -> Output:
        output: Output = dict(zip(self._keys, self._take(row), strict=True))
        for key, convert in self._conversions:
            output[key] = convert(output[key])
        return output


def _taker(places: list[int]) -> Callable[[Row], tuple[SqlValue, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple(row[place] for place in places)


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


def _encode_expand(
    expand: dict[str, Record | list[Record]], choice: Picker | Excerpt | bool
) -> JsonValue:
    if isinstance(choice, Picker):
        return {
            name: _encode_relation(related, below)
            for name, related in sorted(expand.items())
            if (below := choice.choose(name)) is not False
        }
    return {name: _encode_relation(related, True) for name, related in sorted(expand.items())}


def _encode_relation(related: Record | list[Record], choice: Picker | Excerpt | bool) -> JsonValue:
    picker = choice if isinstance(choice, Picker) else None
    if isinstance(related, Record):
        return encode_record(related, picker)
    return encode_records(related, picker)


# columns


def _conversion(
    collection: Collection,
    item: Field,
    choice: Picker | Excerpt | bool,
    *,
    is_picked: bool,
) -> Convert | None:
    """Return what turns a stored column into orjson input; None when it goes out as it is."""
    convert = _view_conversion(item) if collection.is_view else _table_conversion(item)
    if choice is True:
        if convert is not None and is_picked and item.type == "json":
            return _plain_number(convert)
        return convert
    if isinstance(choice, Picker):  # looks into the value of a JSON column
        return lambda stored: choice.pick(
            orjson.loads(orjson.dumps(convert(stored) if convert else stored))
        )
    return _then(convert, choice)


def _then(convert: Convert | None, choice: Picker | Excerpt | bool) -> Convert:
    if convert is None:
        return lambda stored: apply_choice(choice, stored)
    return lambda stored: apply_choice(choice, convert(stored))


def _plain_number(convert: Convert) -> Convert:
    """PocketBase: a picked answer was parsed, so numbers have their usual form again."""
    return lambda stored: number_output(stored) if type(stored) is float else convert(stored)


def _table_conversion(item: Field) -> Convert | None:
    if item.is_multiple:
        return item.stored_to_output
    match item.type:
        case "text" | "email" | "url" | "editor" | "select" | "relation" | "file":
            return None
        case "bool":
            return bool
        case "number":
            return number_output
        case "date" | "autodate":
            slow = item.stored_to_output
            return lambda stored: (
                stored if len(stored) == _TIMESTAMP_CHARS or not stored else slow(stored)
            )
        case _:
            return item.stored_to_output


def _view_conversion(item: Field) -> Convert:
    """Return the conversion of a view's column, which holds whatever the query computes."""
    return lambda stored: item.to_output(item.decode_view(stored))

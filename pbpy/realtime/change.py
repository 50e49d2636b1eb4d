"""Change: what happened to one record, and the bytes by which other processes learn of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from pbpy.records.judge import is_secret
from pbpy.records.layout import layout_of

if TYPE_CHECKING:
    from pbpy.bus.bus import Bus
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row

Action = Literal["create", "update", "delete"]


class Change(NamedTuple):
    """What happened to one record.

    Attributes:
        action: what was done.
        collection: the collection that row follows.
        record_id: its id.
        row: its values after a create or update, before a delete.
    """

    action: Action
    collection: Collection
    record_id: str
    row: Row

    @property
    def key(self) -> tuple[str, str]:
        """Equal for changes of the same record."""
        return self.collection.id, self.record_id


def change_of(record: Record, action: Action) -> Change:
    """Return what is done to a record just now."""
    return Change(action, record.collection, record.id, record.export_row())


def count_elsewhere(bus: Bus, collection: Collection) -> int | None:
    """Return how many other processes may listen to a collection; None if unknown."""
    return bus.count_elsewhere(collection.name, collection.id)


def pack(change: Change) -> bytes:
    """Return a change for other processes, without what must stay in the database.

    Raises:
        TypeError: a value is no text of characters.
    """
    collection = change.collection
    values = {
        field.name: value
        for field, value in zip(collection.fields, change.row, strict=True)
        if not is_secret(field)
    }
    return orjson.dumps([change.action, collection.id, change.record_id, values], default=_decode)


def _decode(value: Any) -> str:
    if isinstance(value, bytes):  # a BLOB that was not written by PocketBase's API
        return value.decode("utf-8", "replace")
    raise TypeError


def unpack(data: bytes, catalog: Catalog) -> Change | None:
    """Return the change of another process; None when its collection is gone.

    Columns that have come since hold their zero value.
    """
    action, collection_id, record_id, values = orjson.loads(data)
    collection = catalog.by_id(collection_id)
    if collection is None:
        return None
    zero = layout_of(collection).zero_row
    row = tuple(
        values.get(field.name, value) for field, value in zip(collection.fields, zero, strict=True)
    )
    return Change(action, collection, record_id, row)

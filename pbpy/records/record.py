"""Record: one row of a collection, with its original values and what was set since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Value
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row


class Record:
    """One record; no I/O. Values are decoded from the row when first asked for.

    `row` holds the stored columns in the order of `collection.fields`; None for a new record.
    Owner of this module: records/. The constructor signatures below are fixed.
    """

    def __init__(self, collection: Collection, values: Mapping[str, JsonValue] | None = None) -> None:
        raise NotImplementedError

    @classmethod
    def from_row(cls, collection: Collection, row: Row) -> Record:
        """Return a stored record; row follows `collection.fields`."""
        raise NotImplementedError

    collection: Collection
    is_new: bool
    expand: dict[str, Any]

    @property
    def id(self) -> str:
        """The primary key; empty while a new record has none."""
        raise NotImplementedError

    def get(self, name: str) -> Value:
        """Return the value of a field, a custom value, or None for an unknown name."""
        raise NotImplementedError

    def set(self, key: str, raw: JsonValue) -> None:
        """Set a field (key may be a modifier form such as `n+`), or a custom value."""
        raise NotImplementedError

    def load(self, values: Mapping[str, JsonValue]) -> None:
        """Set several keys, shortest first, as PocketBase applies a body."""
        raise NotImplementedError

    def original(self, name: str) -> Value:
        """Return the stored value of a field; its zero value for a new record."""
        raise NotImplementedError

    def changed_names(self) -> Iterable[str]:
        """Return the names of fields whose value differs from the stored one."""
        raise NotImplementedError

"""Catalog: all collections of the database, as one immutable value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pbpy.errors import NotFound
from pbpy.fields.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.schema.collection import Collection


class Catalog:
    """All collections in the order of `_collections` rows.

    A change makes a new Catalog, so a reader that holds one keeps a consistent picture, and a
    rolled-back change leaves no trace. `memo` holds what upper layers compute once per
    catalog (compiled rules and filters, back references), keyed by what computes it.
    """

    __slots__ = ("_by_id", "_by_name", "collections", "memo")

    def __init__(self, collections: Iterable[Collection] = ()) -> None:
        self.collections: tuple[Collection, ...] = tuple(collections)
        self.memo: dict[Any, Any] = {}
        self._by_id = {item.id: item for item in self.collections}
        self._by_name = {item.name.lower(): item for item in self.collections}

    def find(self, name_or_id: str) -> Collection | None:
        """Return the first collection with this id (exact) or name (any case), or None."""
        by_id = self._by_id.get(name_or_id)
        by_name = self._by_name.get(name_or_id.lower())
        if by_id is None or by_name is None or by_id is by_name:
            return by_id or by_name
        return next(item for item in self.collections if item is by_id or item is by_name)

    def get(self, name_or_id: str) -> Collection:
        """Return the collection with this id or name.

        Raises:
            NotFound: there is none.
        """
        found = self.find(name_or_id)
        if found is None:
            raise NotFound(f'Missing collection "{name_or_id}"')
        return found

    def by_id(self, collection_id: str) -> Collection | None:
        """Return the collection with exactly this id, or None."""
        return self._by_id.get(collection_id)

    def with_collection(self, collection: Collection) -> Catalog:
        """Return a catalog with this collection added, or in the place of the one with its id."""
        if collection.id not in self._by_id:
            return Catalog((*self.collections, collection))
        return Catalog(
            collection if item.id == collection.id else item for item in self.collections
        )

    def without_collection(self, collection_id: str) -> Catalog:
        """Return a catalog without the collection of this id."""
        return Catalog(item for item in self.collections if item.id != collection_id)

    def references_to(self, collection_id: str) -> tuple[tuple[Collection, Relation], ...]:
        """Return every relation field that points to this collection, views left out.

        Ordered by collection name, then by field order, which is the order of cascades.
        """
        key = ("references_to", collection_id)
        found: tuple[tuple[Collection, Relation], ...] | None = self.memo.get(key)
        if found is None:
            found = tuple(
                (collection, item)
                for collection in sorted(self.collections, key=lambda c: c.name)
                if not collection.is_view
                for item in collection.fields
                if isinstance(item, Relation) and item.collection_id == collection_id
            )
            self.memo[key] = found
        return found

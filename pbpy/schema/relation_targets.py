"""Targets of relations by name, as an app developer writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.fields.relation import Relation
from pbpy.schema.prepare import free_id

if TYPE_CHECKING:
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


def with_target_ids(catalog: Catalog, collection: Collection) -> Collection:
    """Return the collection with the id in the place of each name of a relation's target.

    A new collection may name itself, so its generated id is settled here. What is unknown
    stays, for the validation to refuse.
    """
    relations = [item for item in collection.fields if isinstance(item, Relation)]
    if all(catalog.by_id(item.collection_id) for item in relations):
        return collection
    if collection.has_generated_id:
        collection = collection.with_id(free_id(catalog, collection))
    resolved = {item.id: _resolved(catalog, collection, item) for item in relations}
    return collection.replace(
        fields=tuple(resolved.get(item.id, item) for item in collection.fields)
    )


def points_to_itself(collection: Collection) -> bool:
    """Return whether a relation has its own collection as target."""
    return any(
        isinstance(item, Relation) and item.collection_id == collection.id
        for item in collection.fields
    )


def _resolved(catalog: Catalog, collection: Collection, relation: Relation) -> Relation:
    name = relation.collection_id
    target = catalog.find(name)
    if target is None and name.lower() == collection.name.lower():
        target = collection
    return relation if target is None else replace(relation, collection_id=target.id)

"""Relation: ids of records of one collection."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import queries, setting_rules
from pbpy.fields.choices import Choice, Choices
from pbpy.fields.field import Field
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.context import Context
    from pbpy.errors import ErrorMap, FieldError
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Choices):
    """A str, or a tuple of str: ids of records of `collection_id`.

    Args:
        collection: the target as a Collection, or its name or id, in the place of
            `collection_id`; a name is looked up when the relation is saved by `app.save`.
    """

    collection: InitVar[Collection | str] = field(default="", kw_only=False)
    collection_id: str = ""
    cascade: bool = False
    min_select: int = 0

    type: ClassVar[str] = "relation"

    def __post_init__(self, collection: Collection | str) -> None:
        Field.__post_init__(self)  # no super(): slots give the class another identity
        if collection:
            object.__setattr__(self, "collection_id", _name_or_id(collection))

    def check(self, value: Choice) -> FieldError | None:
        """Return the first error in the number of ids."""
        count = len(self.chosen(value))
        if not count:
            return REQUIRED if self.required else None
        if count < self.min_select:
            return rule_error(
                "not_enough_values",
                f"Select at least {self.min_select}",
                minSelect=self.min_select,
            )
        limit = max(self.max_select, 1)
        if count > limit:
            return rule_error("too_many_values", f"Select no more than {limit}", maxSelect=limit)
        return None

    async def validate(self, ctx: Context, record: Record, value: Choice) -> FieldError | None:
        """Return the first error; every id must exist."""
        error = self.check(value)
        ids = self.chosen(value)
        if error or not ids:
            return error
        target = ctx.catalog.find(self.collection_id)
        if target is None:
            return rule_error(
                "missing_rel_collection", "Relation connection is missing or cannot be accessed"
            )
        if await ctx.db.value(queries.count_ids(target.name, ids)) != len(ids):
            return rule_error(
                "missing_rel_records",
                "Failed to find all relation records with the provided ids",
            )
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the target and the limits."""
        yield "collectionId", self._check_target(catalog, collection)
        yield "minSelect", setting_rules.check_range(self.min_select, 0, None)
        if self.min_select > 0 and not self.max_select:
            yield "maxSelect", REQUIRED
        yield "maxSelect", setting_rules.check_range(self.max_select, self.min_select, None)

    def _check_target(self, catalog: Catalog, collection: Collection) -> FieldError | None:
        if not self.collection_id:
            return REQUIRED
        stored = catalog.by_id(collection.id)
        old = stored.by_id.get(self.id) if stored else None
        if isinstance(old, Relation) and old.collection_id != self.collection_id:
            return rule_error("field_relation_change", "The relation collection cannot be changed.")
        target = catalog.by_id(self.collection_id)
        if target is None:
            return rule_error(
                "field_relation_missing_collection", "The relation collection doesn't exist."
            )
        if target.is_view and not collection.is_view:
            return rule_error(
                "relation_field_non_view_base_collection",
                "Only view collections are allowed to have relations to other views.",
            )
        return None


def _name_or_id(collection: Collection | str) -> str:
    """Return what finds a collection; the id of one that is not saved yet may still change."""
    if isinstance(collection, str):
        return collection
    return collection.name if collection.has_generated_id else collection.id

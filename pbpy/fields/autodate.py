"""Autodate: a date that the save pipeline writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.fields.date import read_moment
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.fields.date_text import DateText
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

_MISMATCH = rule_error("values_mismatch", "Values don't match.")
_NEVER_SET = rule_error("required", "either onCreate or onUpdate must be enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Autodate(Field):
    """A str as of Date, set on create, on update or on both."""

    on_create: bool = False
    on_update: bool = False

    type: ClassVar[str] = "autodate"
    has_required: ClassVar[bool] = False
    settable: ClassVar[bool] = False

    @property
    def column(self) -> ColumnKind:
        """A text column."""
        return ColumnKind.TEXT

    def normalize(self, raw: JsonValue) -> DateText:
        """Return raw as a date."""
        return read_moment(raw)

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored date."""
        return read_moment(stored)

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check that one flag is set, and that those of a system field stay as they are."""
        stored = catalog.by_id(collection.id)
        old = stored.by_id.get(self.id) if stored else None
        if self.system and isinstance(old, Autodate):
            if old.on_create != self.on_create:
                yield "onCreate", _MISMATCH
            if old.on_update != self.on_update:
                yield "onUpdate", _MISMATCH
        if not self.on_create and not self.on_update:
            yield "onCreate", _NEVER_SET
            yield "onUpdate", _NEVER_SET

"""OneOrMany: what the field types share that hold one value or a list: select, relation, file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import orjson

from pbpy.fields.casts import to_texts, unique
from pbpy.fields.field import ColumnKind, Field

if TYPE_CHECKING:
    from pbpy.errors import JsonValue
    from pbpy.fields.field import Value
    from pbpy.store.sql import SqlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOrMany(Field):
    """One text, or a tuple of distinct ones when `max_select` is above 1."""

    max_select: int = 0

    modifiers: ClassVar[tuple[str, ...]] = ("+name", "name+", "name-")

    @property
    def column(self) -> ColumnKind:
        """A text column, or a JSON list."""
        return ColumnKind.JSON_LIST if self.max_select > 1 else ColumnKind.TEXT

    @property
    def is_multiple(self) -> bool:
        """Whether a value is a tuple."""
        return self.max_select > 1

    @property
    def can_be_multiple(self) -> bool:
        """Always."""
        return True

    def decode(self, stored: SqlValue) -> Value:
        """Return the stored text, or the texts of the stored list."""
        if self.max_select > 1:
            return _decode_list(stored)
        return stored if type(stored) is str else self.normalize(stored)

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored text, or the stored list without parsing it."""
        if self.max_select > 1:
            if type(stored) is str and (
                stored == "[]" or (stored[:2] == '["' and stored[-2:] == '"]')
            ):
                return orjson.Fragment(stored)
            return _decode_list(stored)
        return stored if type(stored) is str else self.normalize(stored)


def _decode_list(stored: SqlValue) -> tuple[str, ...]:
    """Return the texts of a JSON list column."""
    if stored == "[]":
        return ()
    if type(stored) is str and stored.startswith('["'):
        try:
            return unique(orjson.loads(stored))
        except (orjson.JSONDecodeError, TypeError):
            return to_texts(stored)
    return to_texts(stored)

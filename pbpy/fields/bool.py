"""Bool: true or false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields.casts import to_bool
from pbpy.fields.field import ColumnKind, Field

if TYPE_CHECKING:
    from pbpy.errors import FieldError, JsonValue
    from pbpy.store.sql import SqlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Bool(Field):
    """A bool; `required` means that it must be true."""

    type: ClassVar[str] = "bool"

    @property
    def column(self) -> ColumnKind:
        """A boolean column, 0 or 1."""
        return ColumnKind.BOOL

    def normalize(self, raw: JsonValue) -> bool:
        """Return raw as a bool."""
        return to_bool(raw)

    def decode(self, stored: SqlValue) -> bool:
        """Return the stored bool; of the numbers, which a view may compute, only 1 is true."""
        return to_bool(stored) if isinstance(stored, str) else stored == 1

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored bool."""
        return self.decode(stored)

    def decode_view(self, stored: SqlValue) -> bool:
        """Return the same."""
        return self.decode(stored)

    def encode(self, value: bool) -> SqlValue:
        """Return 0 or 1."""
        return int(value)

    def check(self, value: bool) -> FieldError | None:
        """Return an error when value must be true and is not."""
        return REQUIRED if self.required and not value else None

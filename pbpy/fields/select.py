"""Select: one or several of the values that its settings list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.choices import Choice, Choices
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Choices):
    """A str, or a tuple of str, all of them among `values`."""

    values: tuple[str, ...] = field(default=(), kw_only=False)

    type: ClassVar[str] = "select"

    def check(self, value: Choice) -> FieldError | None:
        """Return the first error."""
        chosen = self.chosen(value)
        if not chosen:
            return REQUIRED if self.required else None
        limit = max(self.max_select, 1)
        if len(chosen) > limit:
            return rule_error("too_many_values", f"Select no more than {limit}", maxSelect=limit)
        for text in chosen:
            if text not in self.values:
                return rule_error("invalid_value", f"Invalid value {text}", value=text)
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check that there are values, and not fewer than may be chosen."""
        yield "values", None if self.values else REQUIRED
        limit = max(len(self.values), 1)
        yield "maxSelect", setting_rules.check_range(self.max_select, 0, limit)

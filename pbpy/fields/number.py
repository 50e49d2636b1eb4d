"""Number: a float64."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import numbers
from pbpy.fields.casts import to_number
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

_NOT_WHOLE = rule_error("only_int_constraint", "Decimal numbers are not allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """An int when whole and at most 2^53 in size, else a float."""

    min: numbers.Number | None = None
    max: numbers.Number | None = None
    only_int: bool = False

    type: ClassVar[str] = "number"
    modifiers: ClassVar[tuple[str, ...]] = ("name+", "name-")

    @property
    def column(self) -> ColumnKind:
        """A numeric column."""
        return ColumnKind.NUMBER

    def normalize(self, raw: JsonValue) -> numbers.Number:
        """Return raw as a number."""
        return to_number(raw)

    def apply_modifier(
        self, current: numbers.Number, modifier: str, raw: JsonValue
    ) -> numbers.Number:
        """Return the sum of current and raw, or their difference."""
        change = to_number(raw)
        total = float(current) + (change if modifier == "name+" else -change)
        return numbers.shrink(total)

    def decode(self, stored: SqlValue) -> numbers.Number:
        """Return the stored number."""
        if type(stored) is int and -numbers.MAX_SAFE_INT <= stored <= numbers.MAX_SAFE_INT:
            return stored
        return to_number(stored)

    def to_output(self, value: numbers.Number) -> JsonValue:
        """Return value in ECMAScript's form."""
        return numbers.number_output(value)

    def check(self, value: numbers.Number) -> FieldError | None:
        """Return the first error; the limits do not concern 0."""
        if not math.isfinite(value):
            return rule_error("not_a_number", "The submitted number is not properly formatted")
        if not value:
            return REQUIRED if self.required else None
        if self.only_int and not _is_int64(value):
            return _NOT_WHOLE
        if self.min is not None and value < self.min:
            return _too_small(self.min)
        if self.max is not None and value > self.max:
            return rule_error(
                "max_number_constraint",
                f"Must be less or equal than {numbers.format_general(self.max)}",
                max=self.max,
            )
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check that the limits are whole where values must be, and in order."""
        yield "min", self._check_limit(self.min)
        yield "max", self._check_limit(self.max)
        if self.min is not None and self.max is not None and self.max < self.min:
            yield "max", _too_small(self.min)

    def _check_limit(self, limit: numbers.Number | None) -> FieldError | None:
        if limit is None or not self.only_int or _is_int64(limit):
            return None
        return _NOT_WHOLE


def _is_int64(value: numbers.Number) -> bool:
    return -(2.0**63) <= value < 2.0**63 and value == int(value)


def _too_small(limit: numbers.Number) -> FieldError:
    return rule_error(
        "min_number_constraint",
        f"Must be greater or equal than {numbers.format_general(limit)}",
        min=limit,
    )

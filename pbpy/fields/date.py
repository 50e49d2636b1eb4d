"""Date: a moment in UTC, with milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields.date_text import DateText, format_moment, parse_date
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from pbpy.errors import FieldError, JsonValue
    from pbpy.store.sql import SqlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Field):
    """A str in PocketBase's form, `2022-01-01 10:00:00.123Z`, or empty; sorts as the moment."""

    min: DateText = ""
    max: DateText = ""

    type: ClassVar[str] = "date"

    @property
    def column(self) -> ColumnKind:
        """A text column."""
        return ColumnKind.TEXT

    def normalize(self, raw: JsonValue) -> DateText:
        """Return raw (a text, a datetime) as a date; empty for everything else."""
        return read_moment(raw)

    def decode(self, stored: SqlValue) -> DateText:
        """Return the stored date."""
        return read_moment(stored)

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored date."""
        return read_moment(stored)

    def check(self, value: DateText) -> FieldError | None:
        """Return the first error."""
        if not value:
            return REQUIRED if self.required else None
        if self.min and value < self.min:
            limit = to_rfc3339(self.min)
            return rule_error(
                "min_greater_equal_than_required",
                f"must be no less than {_go_moment(self.min)}",
                threshold=limit,
            )
        if self.max and value > self.max:
            limit = to_rfc3339(self.max)
            return rule_error(
                "max_less_equal_than_required",
                f"must be no greater than {_go_moment(self.max)}",
                threshold=limit,
            )
        return None


def read_moment(raw: JsonValue) -> DateText:
    """Return a text in any accepted form, or a datetime, as a date; "" for all else."""
    if isinstance(raw, str):
        return parse_date(raw) if raw else ""
    if isinstance(raw, datetime):
        return format_moment(raw)
    return ""


def to_rfc3339(value: DateText) -> str:
    """Return a date in RFC 3339, without a fraction of zero."""
    head, fraction = value[:-1].replace(" ", "T").split(".")
    fraction = fraction.rstrip("0")
    return f"{head}.{fraction}Z" if fraction else f"{head}Z"


def _go_moment(value: DateText) -> str:
    """Return a date as Go prints a time: `2022-01-01 00:00:00 +0000 UTC`."""
    return to_rfc3339(value).replace("T", " ").replace("Z", " +0000 UTC")

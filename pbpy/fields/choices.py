"""What select and relation share: one text, or a list of distinct texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import orjson

from pbpy.fields.casts import to_texts, unique
from pbpy.fields.field import ColumnKind, Field

if TYPE_CHECKING:
    from pbpy.errors import JsonValue
    from pbpy.store.sql import SqlValue

Choice = str | tuple[str, ...]

LIST_MODIFIERS = ("+name", "name+", "name-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Field):
    """A str when single, a tuple of distinct non-empty str when `max_select` is above 1."""

    max_select: int = 0

    modifiers: ClassVar[tuple[str, ...]] = LIST_MODIFIERS

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

    def normalize(self, raw: JsonValue) -> Choice:
        """Return raw as the distinct texts in it; of several, a single field keeps the last."""
        texts = to_texts(raw)
        if self.max_select > 1:
            return texts
        if not texts:
            return ""
        last = texts[-1]
        if "[" not in last:
            return last
        # PocketBase: a single value is read once more when it is stored.
        again = to_texts(last)
        return again[0] if len(again) == 1 else last

    def apply_modifier(self, current: Choice, modifier: str, raw: JsonValue) -> Choice:
        """Return current with the texts of raw before it, behind it or taken out of it."""
        texts, change = self.chosen(current), to_texts(raw)
        if modifier == "name-":
            return self.normalize([text for text in texts if text not in change])
        return self.normalize([*change, *texts] if modifier == "+name" else [*texts, *change])

    def decode(self, stored: SqlValue) -> Choice:
        """Return the stored choice."""
        if self.max_select > 1:
            return decode_list(stored)
        return stored if type(stored) is str else self.normalize(stored)

    def encode(self, value: Choice) -> SqlValue:
        """Return the text, or a JSON list."""
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored text, or the stored list without parsing it."""
        if self.max_select > 1:
            return list_output(stored)
        return stored if type(stored) is str else self.normalize(stored)

    def chosen(self, value: Choice) -> tuple[str, ...]:
        """Return the value as a tuple, whether single or not."""
        return value if isinstance(value, tuple) else to_texts(value)


def decode_list(stored: SqlValue) -> tuple[str, ...]:
    """Return the texts of a JSON list column."""
    if stored == "[]":
        return ()
    if type(stored) is str and stored.startswith('["'):
        try:
            return unique(orjson.loads(stored))
        except (orjson.JSONDecodeError, TypeError):
            return to_texts(stored)
    return to_texts(stored)


def list_output(stored: SqlValue) -> JsonValue:
    """Return a JSON list column as response output."""
    if type(stored) is str and (stored == "[]" or (stored[:2] == '["' and stored[-2:] == '"]')):
        return orjson.Fragment(stored)
    return decode_list(stored)

"""What select and relation share: one text, or a list of distinct texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from pbpy.fields.casts import to_texts
from pbpy.fields.one_or_many import OneOrMany

if TYPE_CHECKING:
    from pbpy.errors import JsonValue
    from pbpy.store.sql import SqlValue

Choice = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(OneOrMany):
    """A str when single, a tuple of distinct non-empty str when `max_select` is above 1."""

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
        if not again:
            return ""
        return again[0] if len(again) == 1 else last

    def apply_modifier(self, current: Choice, modifier: str, raw: JsonValue) -> Choice:
        """Return current with the texts of raw before it, behind it or taken out of it."""
        texts, change = self.chosen(current), to_texts(raw)
        if modifier == "name-":
            return self.normalize([text for text in texts if text not in change])
        return self.normalize([*change, *texts] if modifier == "+name" else [*texts, *change])

    def encode(self, value: Choice) -> SqlValue:
        """Return the text, or a JSON list."""
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def chosen(self, value: Choice) -> tuple[str, ...]:
        """Return the value as a tuple, whether single or not."""
        return value if isinstance(value, tuple) else to_texts(value)

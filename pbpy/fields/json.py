"""Json: any JSON value, kept as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import orjson

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.json_text import (
    NO_JSON,
    BrokenJsonText,
    JsonText,
    dump_json,
    parse_json_text,
    quote_text,
)
from pbpy.fields.numbers import format_general, format_plain
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

DEFAULT_MAX_BYTES = 1 << 20

_NULL = orjson.Fragment("null")
_EMPTY = frozenset({"", "null", '""', "[]", "{}"})
_JSON_STARTS = frozenset('0123456789-"[{')


@dataclass(frozen=True, slots=True, kw_only=True)
class Json(Field):
    """A JsonText: the JSON of the value as a str, empty for none; `load()` parses it."""

    max_size: int = 0

    type: ClassVar[str] = "json"

    @property
    def column(self) -> ColumnKind:
        """A JSON column that may be NULL. SQLite keeps plain numbers in it as numbers."""
        return ColumnKind.JSON

    def normalize(self, raw: JsonValue) -> JsonText:
        """Return decoded JSON as text in canonical form.

        A str that looks like JSON is taken as JSON, any other as a string; a JsonText stays.

        Raises:
            TypeError: a Python object that has no JSON form.
        """
        if raw is None:
            return NO_JSON
        if isinstance(raw, JsonText):
            return raw
        if isinstance(raw, str):
            return _read_text(raw)
        try:
            return JsonText(dump_json(raw).decode())
        except RecursionError:
            return BrokenJsonText("null")

    def decode(self, stored: SqlValue) -> JsonText:
        """Return the stored JSON."""
        if type(stored) is str:
            return JsonText(stored)
        return self.decode_view(stored)

    def decode_view(self, stored: SqlValue) -> JsonText:
        """Return a column of a view as JSON."""
        if isinstance(stored, float):
            if math.isinf(stored):
                return quote_text(format_plain(stored))
            return JsonText(format_general(stored))
        if isinstance(stored, bytes):
            stored = stored.decode("utf-8", "replace")
        return self.normalize(stored)

    def encode(self, value: JsonText) -> SqlValue:
        """Return the text; NULL for no value."""
        return str(value) if value else None

    def to_output(self, value: JsonText) -> JsonValue:
        """Return the text as it is."""
        return orjson.Fragment(str(value)) if value else _NULL

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored text without parsing it."""
        if type(stored) is str:
            return orjson.Fragment(stored)
        return _NULL if stored is None else self.to_output(self.decode(stored))

    def is_empty(self, value: JsonText) -> bool:
        """Whether value is what `required` refuses: null, "", [] or {}."""
        return value.strip() in _EMPTY

    def check(self, value: JsonText) -> FieldError | None:
        """Return the first error."""
        limit = self.max_body_bytes()
        # UTF-8 takes at most four bytes per character.
        if len(value) * 4 > limit and len(value.encode()) > limit:
            return rule_error(
                "json_size_limit",
                f"The maximum allowed JSON size is {limit} bytes",
                maxSize=limit,
            )
        if isinstance(value, BrokenJsonText):
            return rule_error("invalid_json", "Must be a valid json value")
        return REQUIRED if self.required and self.is_empty(value) else None

    def max_body_bytes(self) -> int:
        """Return the largest size of a value."""
        return self.max_size if self.max_size > 0 else DEFAULT_MAX_BYTES

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the size."""
        yield "maxSize", setting_rules.check_size(self.max_size)


def _read_text(text: str) -> JsonText:
    if text in ("null", "true", "false"):
        return JsonText(text)
    if text[:1] in _JSON_STARTS and text:
        found = parse_json_text(text)
        if found is not None:
            return found
    return quote_text(text)

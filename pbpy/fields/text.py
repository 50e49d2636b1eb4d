"""Text: a string; the primary key of every collection is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import queries, setting_rules
from pbpy.fields.casts import to_text
from pbpy.fields.field import ColumnKind
from pbpy.fields.patterns import pattern_matches
from pbpy.fields.plain_text import PlainText
from pbpy.fields.random_pattern import PatternError, generate_text
from pbpy.fields.rule_errors import rule_error
from pbpy.go_quote import go_quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.context import Context
    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection

DEFAULT_ID_PATTERN = "^[a-z0-9]+$"
DEFAULT_MAX_LENGTH = 5000

_FORBIDDEN_ID_CHARACTERS = tuple("./\\|\"'`<>:?*%$\0\t\n\r ")
_RESERVED_IDS = frozenset(
    {
        "CON",
        "PRN",
        "AUX",
        "NUL",
        *(f"COM{number}" for number in range(1, 10)),
        *(f"LPT{number}" for number in range(1, 10)),
    }
)
_SAMPLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(PlainText):
    """A str; lengths are counted in characters."""

    min: int = 0
    max: int = 0
    pattern: str = ""
    autogenerate_pattern: str = ""
    primary_key: bool = False

    type: ClassVar[str] = "text"
    modifiers: ClassVar[tuple[str, ...]] = ("name:autogenerate",)

    @property
    def column(self) -> ColumnKind:
        """A text column, or the primary key."""
        return ColumnKind.PRIMARY_KEY if self.primary_key else ColumnKind.TEXT

    def apply_modifier(self, current: str, modifier: str, raw: JsonValue) -> str:
        """Return raw as text with a generated text behind it."""
        return to_text(raw) + self.generate()

    def generate(self) -> str:
        """Return a text of `autogenerate_pattern`; empty without one."""
        return generate_text(self.autogenerate_pattern) if self.autogenerate_pattern else ""

    async def validate(self, ctx: Context, record: Record, value: str) -> FieldError | None:
        """Return the first error; a primary key must be new and may not change."""
        if self.primary_key:
            if not record.is_new:
                if record.original(self.name) != value:
                    return rule_error("pk_change", "The record primary key cannot be changed.")
                return None
            if self.pattern != DEFAULT_ID_PATTERN and await ctx.db.one(
                queries.find_id_in_any_case(record.collection.name, value)
            ):
                return rule_error(
                    "pk_invalid", "The record primary key is invalid or already exists."
                )
        return self.check(value)

    def check(self, value: str) -> FieldError | None:
        """Return the first error that the text alone shows."""
        if not value:
            return REQUIRED if self.required or self.primary_key else None
        length = len(value)
        if length < self.min:
            return rule_error(
                "min_text_constraint",
                f"Must be at least {self.min} character(s).",
                min=self.min,
            )
        longest = self.max if self.max > 0 else DEFAULT_MAX_LENGTH
        if length > longest:
            return rule_error(
                "max_text_constraint",
                f"Must be no more than {longest} character(s).",
                max=longest,
            )
        if self.pattern and not pattern_matches(self.pattern, value):
            return rule_error("invalid_format", "Invalid value format.")
        if self.primary_key and self.pattern != DEFAULT_ID_PATTERN:
            return _check_free_id(value)
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the limits, the patterns and what a primary key needs."""
        if self.primary_key:
            yield from self._primary_key_errors(collection)
        yield "min", setting_rules.check_size(self.min)
        yield "max", setting_rules.check_range(self.max, self.min, setting_rules.MAX_JSON_INT)
        yield "pattern", setting_rules.check_pattern(self.pattern)
        yield "autogeneratePattern", self._check_autogenerate_pattern()

    def _primary_key_errors(
        self, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        if self.name != "id":
            yield "name", rule_error("in_invalid", 'The primary key must be named "id".')
        if sum(isinstance(item, Text) and item.primary_key for item in collection.fields) > 1:
            yield (
                "primaryKey",
                rule_error(
                    "unsupported_composite_pk",
                    "Composite PKs are not supported and the collection must have only 1 PK.",
                ),
            )
        yield "pattern", None if self.pattern else REQUIRED
        yield "hidden", setting_rules.EMPTY if self.hidden else None
        yield "required", None if self.required else REQUIRED

    def _check_autogenerate_pattern(self) -> FieldError | None:
        pattern = self.autogenerate_pattern
        if not pattern:
            return None
        error = setting_rules.check_pattern(pattern)
        if error:
            return error
        for _ in range(_SAMPLES):
            try:
                sample = generate_text(pattern)
            except PatternError as reason:
                return rule_error("invalid_autogenerate_pattern", str(reason))
            if self.check(sample):
                return rule_error(
                    "invalid_autogenerate_pattern_value",
                    "The provided autogenerate pattern could produce invalid field values, "
                    f"ex.: {go_quote(sample)}",
                )
        return None


def _check_free_id(value: str) -> FieldError | None:
    """Check an id without the default pattern: it becomes the name of a directory."""
    for char in _FORBIDDEN_ID_CHARACTERS:
        if char in value:
            return rule_error(
                "forbidden_pk_character", f"'{char}' is not a valid primary key character.", ch=char
            )
    reserved = value.upper()
    if reserved in _RESERVED_IDS:
        return rule_error(
            "reserved_pk",
            f"The primary key '{reserved}' is reserved and cannot be used.",
            reserved=reserved,
        )
    return None

"""Password: a secret of which only a hash is stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.casts import to_text
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.patterns import pattern_matches
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

MAX_LENGTH = 71
MAX_BYTES = 72
_MIN_COST, _MAX_COST = 4, 31


@dataclass(frozen=True, slots=True)
class PasswordValue:
    """A password: the plain text until it is saved, and its hash.

    A new password has only `plain`; the save pipeline hashes it (`with_hash`) before the
    value is encoded, and forgets it (`without_plain`) after the commit.
    """

    plain: str = field(default="", repr=False)
    hash: str = field(default="", repr=False)

    @property
    def needs_hash(self) -> bool:
        """Whether there is a plain text without its hash."""
        return bool(self.plain) and not self.hash

    def with_hash(self, hashed: str) -> PasswordValue:
        """Return the value with the hash of its plain text."""
        return replace(self, hash=hashed)

    def without_plain(self) -> PasswordValue:
        """Return the value as it is stored."""
        return PasswordValue(hash=self.hash)

    def __bool__(self) -> bool:
        return bool(self.plain or self.hash)


NO_PASSWORD = PasswordValue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Password(Field):
    """A PasswordValue; never part of a response."""

    pattern: str = ""
    min: int = 0
    max: int = 0
    cost: int = 0

    type: ClassVar[str] = "password"

    @property
    def column(self) -> ColumnKind:
        """A text column with the hash."""
        return ColumnKind.TEXT

    def normalize(self, raw: JsonValue) -> PasswordValue:
        """Return raw as a new plain password."""
        if isinstance(raw, PasswordValue):
            return raw
        return PasswordValue(plain=to_text(raw))

    def decode(self, stored: SqlValue) -> PasswordValue:
        """Return the stored hash."""
        return PasswordValue(hash=stored) if isinstance(stored, str) and stored else NO_PASSWORD

    def decode_view(self, stored: SqlValue) -> PasswordValue:
        """Return the stored hash."""
        return self.decode(stored)

    def encode(self, value: PasswordValue) -> SqlValue:
        """Return the hash.

        Raises:
            RuntimeError: the plain password has not been hashed.
        """
        if value.needs_hash:
            raise RuntimeError(f"the password in {self.name} must be hashed before it is saved")
        return value.hash

    def to_output(self, value: PasswordValue) -> JsonValue:
        """Return an empty text."""
        return ""

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return an empty text."""
        return ""

    def check(self, value: PasswordValue) -> FieldError | None:
        """Return the first error; an unchanged password has none."""
        if len(value.plain.encode()) > MAX_BYTES:
            # PocketBase: its hash function refuses this, with an error that has no code.
            return rule_error("invalid_value", "Invalid value")
        if not value:
            return REQUIRED if self.required else None
        if not value.plain:
            return None
        length = len(value.plain)
        if length < self.min:
            return rule_error("min_text_constraint", f"Must be at least {self.min} character(s)")
        longest = self.max if self.max > 0 else MAX_LENGTH
        if length > longest:
            return rule_error("max_text_constraint", f"Must be less than {longest} character(s)")
        if self.pattern and not pattern_matches(self.pattern, value.plain):
            return rule_error("invalid_format", "Invalid value format")
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the limits, the cost and the pattern."""
        yield "min", setting_rules.check_range(self.min, 1, MAX_LENGTH)
        yield "max", setting_rules.check_range(self.max, self.min, MAX_LENGTH)
        yield "cost", setting_rules.check_range(self.cost, _MIN_COST, _MAX_COST)
        yield "pattern", setting_rules.check_pattern(self.pattern)

"""Email: one address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.address_forms import is_email
from pbpy.fields.casts import to_text
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

__all__ = ["Email", "is_email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Field):
    """A str, in the case in which it was submitted."""

    except_domains: tuple[str, ...] = ()
    only_domains: tuple[str, ...] = ()

    type: ClassVar[str] = "email"

    @property
    def column(self) -> ColumnKind:
        """A text column."""
        return ColumnKind.TEXT

    def normalize(self, raw: JsonValue) -> str:
        """Return raw as text."""
        return to_text(raw)

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored text itself."""
        return stored if type(stored) is str else to_text(stored)

    def check(self, value: str) -> FieldError | None:
        """Return the first error; the domain is what follows the last `@`."""
        if not value:
            return REQUIRED if self.required else None
        if not is_email(value):
            return rule_error("is_email", "must be a valid email address")
        domain = value.rpartition("@")[2]
        if (self.only_domains and domain not in self.only_domains) or (
            domain in self.except_domains
        ):
            return rule_error("email_domain_not_allowed", "Email domain is not allowed")
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the lists of domains."""
        return setting_rules.check_domains(self.only_domains, self.except_domains)

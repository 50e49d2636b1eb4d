"""Url: one address of the web."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.address_forms import is_url, url_host
from pbpy.fields.casts import to_text
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Url(Field):
    """A str, as it was submitted."""

    except_domains: tuple[str, ...] = ()
    only_domains: tuple[str, ...] = ()

    type: ClassVar[str] = "url"

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
        """Return the first error; domains are compared with host and port."""
        if not value:
            return REQUIRED if self.required else None
        if not is_url(value):
            return rule_error("invalid_url", "Must be a valid url")
        if self.only_domains or self.except_domains:
            host = url_host(value)
            if (self.only_domains and host not in self.only_domains) or (
                host in self.except_domains
            ):
                return rule_error("url_domain_not_allowed", "Url domain is not allowed")
        return None

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the lists of domains."""
        return setting_rules.check_domains(self.only_domains, self.except_domains)

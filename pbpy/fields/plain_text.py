"""PlainText: what the field types share whose value is a str."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbpy.fields import setting_rules
from pbpy.fields.casts import to_text
from pbpy.fields.field import ColumnKind, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainText(Field):
    """A str, stored as it is."""

    @property
    def column(self) -> ColumnKind:
        """A text column."""
        return ColumnKind.TEXT

    def normalize(self, raw: JsonValue) -> str:
        """Return raw as text."""
        return to_text(raw)

    def decode(self, stored: SqlValue) -> str:
        """Return the stored text itself."""
        return stored if type(stored) is str else to_text(stored)

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored text itself."""
        return stored if type(stored) is str else to_text(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(PlainText):
    """A text with a domain in it, which one of two lists may restrict."""

    except_domains: tuple[str, ...] = ()
    only_domains: tuple[str, ...] = ()

    def allows(self, domain: str) -> bool:
        """Return whether the lists let this domain through; they are compared exactly."""
        if self.only_domains and domain not in self.only_domains:
            return False
        return domain not in self.except_domains

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the lists of domains."""
        return setting_rules.check_domains(self.only_domains, self.except_domains)

"""Url: one address of the web."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields.address_forms import is_url, url_host
from pbpy.fields.plain_text import Address
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from pbpy.errors import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class Url(Address):
    """A str, as it was submitted."""

    type: ClassVar[str] = "url"

    def check(self, value: str) -> FieldError | None:
        """Return the first error; domains are compared with host and port."""
        if not value:
            return REQUIRED if self.required else None
        if not is_url(value):
            return rule_error("invalid_url", "Must be a valid url")
        if (self.only_domains or self.except_domains) and not self.allows(url_host(value)):
            return rule_error("url_domain_not_allowed", "Url domain is not allowed")
        return None

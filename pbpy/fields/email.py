"""Email: one address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields.address_forms import is_email
from pbpy.fields.plain_text import Address
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from pbpy.errors import FieldError

__all__ = ["Email", "is_email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Address):
    """A str, in the case in which it was submitted."""

    type: ClassVar[str] = "email"

    def check(self, value: str) -> FieldError | None:
        """Return the first error; the domain is what follows the last `@`."""
        if not value:
            return REQUIRED if self.required else None
        if not is_email(value):
            return rule_error("is_email", "must be a valid email address")
        if not self.allows(value.rpartition("@")[2]):
            return rule_error("email_domain_not_allowed", "Email domain is not allowed")
        return None

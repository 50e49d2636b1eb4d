"""Editor: text with HTML in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.plain_text import PlainText
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap, FieldError
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection

DEFAULT_MAX_BYTES = 5 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor(PlainText):
    """A str; its size is counted in bytes."""

    max_size: int = 0
    convert_urls: bool = False

    type: ClassVar[str] = "editor"

    def check(self, value: str) -> FieldError | None:
        """Return the first error."""
        if not value:
            return REQUIRED if self.required else None
        limit = self.max_body_bytes()
        # UTF-8 takes at most four bytes per character.
        if len(value) * 4 > limit and len(value.encode()) > limit:
            return rule_error(
                "content_size_limit",
                f"The maximum allowed content size is {limit} bytes",
                maxSize=limit,
            )
        return None

    def max_body_bytes(self) -> int:
        """Return the largest size of a value."""
        return self.max_size if self.max_size > 0 else DEFAULT_MAX_BYTES

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the size."""
        yield "maxSize", setting_rules.check_size(self.max_size)

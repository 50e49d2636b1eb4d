"""`page`, `perPage` and `skipTotal` of a list, read as Go reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pbpy.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.errors import JsonValue

DEFAULT_PER_PAGE: Final = 30
MAX_PER_PAGE: Final = 1000
UNKNOWN: Final = -1
"""The total that nobody counted."""

_INTEGER: Final = re.compile(r"[+-]?[0-9]+\Z")
_INT64: Final = 1 << 63
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; `page` counts from 1."""

    page: int = 1
    per_page: int = DEFAULT_PER_PAGE
    skip_total: bool = False

    @property
    def offset(self) -> int:
        """How many items come before the page.

        PocketBase: computed in 64 bits; what overflows below zero begins at the start.
        """
        start = (self.per_page * (self.page - 1) + _INT64) % (2 * _INT64) - _INT64
        return max(start, 0)

    def envelope(self, items: Sequence[JsonValue], total: int) -> dict[str, JsonValue]:
        """Return the answer of a list; total is UNKNOWN when it was not counted."""
        pages = UNKNOWN if total == UNKNOWN else -(-total // self.per_page)
        return {
            "items": items,
            "page": self.page,
            "perPage": self.per_page,
            "totalItems": total,
            "totalPages": pages,
        }


def parse_page(query: Mapping[str, str]) -> Page:
    """Return the page that query parameters ask for.

    Raises:
        BadRequest: one of them is no integer or no bool.
    """
    page = _read_int(query.get("page", ""), 1)
    per_page = _read_int(query.get("perPage", ""), DEFAULT_PER_PAGE)
    return Page(
        page=max(page, 1),
        per_page=DEFAULT_PER_PAGE if per_page < 1 else min(per_page, MAX_PER_PAGE),
        skip_total=_read_bool(query.get("skipTotal", "")),
    )


def _read_int(text: str, default: int) -> int:
    if not text:
        return default
    # Go's integers have 64 bits; anything longer need not be computed.
    if not _INTEGER.match(text) or len(text.lstrip("+-0")) > 19:
        raise BadRequest
    value = int(text)
    if not -_INT64 <= value < _INT64:
        raise BadRequest
    return value


def _read_bool(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE or not text:
        return False
    raise BadRequest

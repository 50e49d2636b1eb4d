"""Values on their way into a statement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.store.sql import SqlValue

_SPECIAL = ("\\", "%", "_")


def like_pattern(value: SqlValue) -> str:
    """Return a LIKE pattern: value as given if it has an unescaped %, else %escaped value%.

    Source: PocketBase tools/search/filter.go wrapLikeParams.
    """
    text = value if isinstance(value, str) else _number_text(value)
    if _has_wildcard(text):
        return text
    return f"%{_escape(text)}%"


def _number_text(value: SqlValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not value.is_integer():
        return format(Decimal(repr(value)), "f")
    return str(int(value))


def _has_wildcard(text: str) -> bool:
    if "%" not in text:
        return False
    previous = ""
    for char in text:
        if char == "%" and previous != "\\":
            return True
        previous = "" if char == "\\" and previous == "\\" else char
    return False


def _escape(text: str) -> str:
    """Return text with a backslash before each special character that has none before it.

    Looks from the end, and at the neighbour only, as PocketBase does.
    """
    if not any(char in text for char in _SPECIAL):
        return text
    found: list[str] = []
    special = False
    for char in reversed(text):
        if special:
            if char != "\\":
                found.append("\\")
            special = False
        elif char in _SPECIAL:
            special = True
        found.append(char)
    if special:
        found.append("\\")
    return "".join(reversed(found))

"""SQL whose parameters are still to be read from slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.filter.joins import Param


FLAT_PARTS = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """SQL with its parameters still to be read from slots."""

    text: str
    params: tuple[Param, ...] = ()

    def __add__(self, other: Draft | str) -> Draft:
        if isinstance(other, str):
            return Draft(self.text + other, self.params)
        return Draft(self.text + other.text, self.params + other.params)


def join_drafts(parts: Iterable[Draft], separator: str) -> Draft:
    """Return the parts joined by separator."""
    found = tuple(parts)
    return Draft(
        separator.join(part.text for part in found),
        tuple(param for part in found for param in part.params),
    )


EMPTY = Draft("")


def items_source(column: str) -> str:
    """Return json_each over a column; a value that is no JSON list counts as its only item.

    Source: PocketBase tools/dbutils/json.go JSONEach.
    """
    # nearly every list begins with its bracket; asking for that first saves one look at the JSON
    return (
        f"json_each(CASE WHEN substr({column}, 1, 1) = '[' AND json_valid({column}) THEN {column} "
        f"WHEN json_valid({column}) AND json_type({column}) = 'array' THEN {column} "
        f"ELSE json_array({column}) END)"
    )


def bracketed(separator: str, parts: list[Draft]) -> Draft:
    """Return the parts joined by separator, in brackets when there are several.

    Many parts are grouped as a balanced tree: SQLite limits the depth of expressions.
    """
    if len(parts) == 1:
        return parts[0]
    if len(parts) > FLAT_PARTS:
        half = len(parts) // 2
        parts = [bracketed(separator, parts[:half]), bracketed(separator, parts[half:])]
    return Draft("(") + join_drafts(parts, separator) + ")"

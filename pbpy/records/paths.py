"""What field paths and request paths have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbpy.errors import FilterError

if TYPE_CHECKING:
    from pbpy.filter.joins import Join
    from pbpy.schema.collection import Collection

MODIFIERS = frozenset(["isset", "each", "length", "lower", "changed"])


def split_modifier(key: str) -> tuple[str, str]:
    """Return (name, modifier) of the last key of a path.

    Raises:
        FilterError: there is no such modifier.
    """
    parts = key.split(":")
    if len(parts) != 2:
        return key, ""
    if parts[1] not in MODIFIERS:
        raise FilterError(f'unknown modifier in "{key}"')
    return parts[0], parts[1]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path has come to: a row source of a collection.

    Attributes:
        collection: whose records the rows are.
        join: the row source.
        several: whether the path so far has several values, all of which have to match.
        lenient: whether what is missing is NULL instead of an error (`@request` paths).
    """

    collection: Collection
    join: Join
    several: bool = False
    lenient: bool = False

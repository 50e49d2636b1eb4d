"""Sort text -> terms."""

from __future__ import annotations

from typing import NamedTuple

from pbpy.errors import FilterError

MAX_TERMS = 8
MAX_NAME_BYTES = 255

RANDOM = "@random"
ROWID = "@rowid"


class SortTerm(NamedTuple):
    """One part of a sort: an identifier, RANDOM or ROWID."""

    name: str
    descending: bool


def parse_sort(text: str) -> tuple[SortTerm, ...]:
    """Return the terms of a comma list such as `-created,+name`; nothing for an empty text.

    Raises:
        FilterError: too many terms, or one that is too long.
    """
    if not text:
        return ()
    terms = []
    for part in text.split(","):
        name = part.strip()
        descending = name.startswith("-")
        terms.append(SortTerm(name[1:] if name[:1] in ("-", "+") else name, descending))
    if len(terms) > MAX_TERMS:
        raise FilterError("max sort expressions limit reached")
    if any(len(term.name.encode("utf-8", "replace")) > MAX_NAME_BYTES for term in terms):
        raise FilterError("max sort field length limit reached")
    return tuple(terms)

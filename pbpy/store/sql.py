"""SQL as a value: text with numbered-by-order `?` parameters, never with values inside.

The text is stable: the same shape of query always gives the same text, so that SQLite's
statement cache hits. Lists are bound as one JSON array parameter (`json_each(?)`) or as
`carray`, never as a varying number of placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

SqlValue: TypeAlias = "str | int | float | bytes | None"
"""What SQLite stores. Booleans are bound as 0 and 1."""

Row: TypeAlias = "tuple[SqlValue, ...]"


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement or a part of one, with its parameters in order of appearance."""

    text: str
    params: tuple[SqlValue, ...] = ()

    def __add__(self, other: Sql | str) -> Sql:
        """Return both parts, one after the other, without a separator."""
        if isinstance(other, str):
            return Sql(self.text + other, self.params)
        return Sql(self.text + other.text, self.params + other.params)


EMPTY = Sql("")


def join(parts: Iterable[Sql], separator: str) -> Sql:
    """Return the parts joined by separator, parameters in the same order."""
    texts: list[str] = []
    params: list[SqlValue] = []
    for part in parts:
        texts.append(part.text)
        params.extend(part.params)
    return Sql(separator.join(texts), tuple(params))


def quote_identifier(name: str) -> str:
    """Return name as a SQL identifier in backticks, safe for every name.

    Backticks, because PocketBase writes them and SQLite keeps the text in sqlite_master.
    """
    return "`" + name.replace("`", "``") + "`"


_WRITES = re.compile(r"\b(?:insert|update|delete|replace)\b", re.IGNORECASE)
_READS = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


@lru_cache(maxsize=2000)
def is_plain_read(text: str) -> bool:
    """Return whether a statement surely changes nothing; `WITH ... DELETE` is the odd case."""
    return _READS.match(text) is not None and _WRITES.search(text) is None


def bind_named(text: str, params: Mapping[str, SqlValue] | Sequence[SqlValue] = ()) -> Sql:
    """Return raw SQL of an app developer, with `{:name}` placeholders or positional `?`.

    Raises:
        KeyError: when a placeholder has no value.
    """
    if not isinstance(params, Mapping):
        return Sql(text, tuple(params))
    values: list[SqlValue] = []
    pieces: list[str] = []
    rest = text
    while True:
        before, found, after = rest.partition("{:")
        pieces.append(before)
        if not found:
            return Sql("".join(pieces), tuple(values))
        name, _, rest = after.partition("}")
        pieces.append("?")
        values.append(params[name])

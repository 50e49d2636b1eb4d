"""CREATE INDEX statements: a tolerant parser and the builder of PocketBase's spelling."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pbpy.schema.tokenizer import UnbalancedExpression, split_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATEMENT = re.compile(
    r"""
    create \s++ (?P<unique>unique\s++)? index \s*+
    (?P<optional>if\s++not\s++exists\s++)?
    (?P<name>\S*) \s++ on \s++ (?P<table>\S*) \s*+
    \( (?P<columns>.*?) \)
    (?: \s++ where \s++ (?P<where>.*) )? \s*+ \Z
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE | re.ASCII,
)
_COLLATION = re.compile(r"\w+", re.ASCII)
_NAME_EDGES = "`\"'[]\r\n\t\f\v "


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """A column name or an expression, with its collation and order ("" when not given)."""

    name: str
    collate: str = ""
    sort: str = ""

    def build(self) -> str:
        """Return the column as it stands in the statement."""
        is_expression = "(" in self.name or " " in self.name
        text = self.name.strip() if is_expression else f"`{self.name.strip()}`"
        if self.collate:
            text += f" COLLATE {self.collate}"
        return f"{text} {self.sort}" if self.sort else text


@dataclass(frozen=True, slots=True)
class Index:
    """The parts of one CREATE INDEX statement; empty when it was not understood."""

    name: str = ""
    table: str = ""
    columns: tuple[IndexColumn, ...] = ()
    where: str = ""
    unique: bool = False
    optional: bool = False
    schema: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether it has a name, a table and a column."""
        return bool(self.name and self.table and self.columns)

    def build(self) -> str:
        """Return the statement, several columns on lines of their own; "" when not valid."""
        if not self.is_valid:
            return ""
        columns = ",\n  ".join(column.build() for column in self.columns)
        if len(self.columns) > 1:
            columns = f"\n  {columns}\n"
        return "".join(
            (
                "CREATE UNIQUE INDEX " if self.unique else "CREATE INDEX ",
                "IF NOT EXISTS " if self.optional else "",
                f"`{self.schema}`." if self.schema else "",
                f"`{self.name}` ON `{self.table}` ({columns})",
                f" WHERE {self.where}" if self.where else "",
            )
        )


@functools.lru_cache(maxsize=4096)
def parse_index(statement: str) -> Index:
    """Return the parts of a CREATE INDEX statement; an empty Index when it is none.

    Text before the statement is let through; after the columns only WHERE may follow.
    Source: PocketBase tools/dbutils/index.go ParseIndex.
    """
    match = _STATEMENT.search(statement)
    if match is None:
        return Index()
    try:
        names = [part.strip(_NAME_EDGES) for part in split_tokens(match["name"], ".")]
        columns = tuple(_parse_columns(match["columns"]))
    except UnbalancedExpression:
        return Index()
    if len(names) > 2:
        return Index()
    has_schema = len(names) == 2
    return Index(
        name=names[1] if has_schema else "".join(names[:1]),
        table=match["table"].strip(_NAME_EDGES),
        columns=columns,
        where=(match["where"] or "").strip(),
        unique=bool(match["unique"]),
        optional=bool(match["optional"]),
        schema=names[0] if has_schema else "",
    )


def _parse_columns(text: str) -> Iterable[IndexColumn]:
    for part in split_tokens(text, ","):
        column = _parse_column(part)
        if column.name:
            yield column


def _parse_column(text: str) -> IndexColumn:
    collate = sort = ""
    words = text.rsplit(maxsplit=1)
    if len(words) == 2 and words[1].upper() in ("ASC", "DESC"):
        text, sort = words[0], words[1].upper()
    words = text.rsplit(maxsplit=2)
    if len(words) == 3 and words[1].lower() == "collate" and _COLLATION.fullmatch(words[2]):
        text, collate = words[0], words[2]
    return IndexColumn(text.strip(_NAME_EDGES), collate, sort)


def indexed_columns(statements: Iterable[str]) -> frozenset[str]:
    """Return the names of all columns, and the texts of all expressions, in these indexes."""
    return frozenset(
        column.name for statement in statements for column in parse_index(statement).columns
    )


def find_unique_index(indexes: Iterable[str], column: str) -> Index | None:
    """Return the first unique index over this column alone (in any case), or None."""
    for statement in indexes:
        index = parse_index(statement)
        if index.unique and [item.name.lower() for item in index.columns] == [column.lower()]:
            return index
    return None


def with_table(statement: str, table: str) -> str:
    """Return the statement for this table: untouched when it names it, else rebuilt.

    What the parser does not understand comes back as it is.
    """
    index = parse_index(statement)
    if index.table == table:
        return statement
    return replace(index, table=table).build() or statement


def with_renamed_id(statement: str, old_id: str, new_id: str) -> str:
    """Return the statement with a collection id inside its index name replaced."""
    index = parse_index(statement)
    if old_id not in index.name:
        return statement
    return replace(index, name=index.name.replace(old_id, new_id)).build()

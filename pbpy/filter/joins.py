"""Row sources that a path walks through, as values without SQL names.

A Join is compared by identity: two paths that share a Join speak of the same row. The emitter
(`filter.emit`) gives it an alias and decides how it becomes SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

JoinKind = Literal[
    "root",  # the table that is filtered
    "relation",  # table.id = parent.column
    "record",  # table.id = param, the signed-in record
    "items",  # json_each(parent.column)
    "back",  # table.column = parent.id
    "back_items",  # parent.id is an element of table.column
    "collection",  # every row of table
    "ids",  # table.id is an element of param, a JSON array
    "values",  # json_each(param)
]

_ONE_ROW: frozenset[JoinKind] = frozenset(["root", "relation", "record"])


@dataclass(frozen=True, slots=True)
class Param:
    """A bound value, read from a slot when the statement runs; `like` wraps it as a pattern."""

    slot: int
    like: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """One row source.

    Attributes:
        kind: how its rows are found.
        parent: the source it is found from; None for roots and what depends on no row.
        table: the table or view; empty for JSON lists.
        column: the linking column, of parent or of table as kind says.
        param: the linking value, where kind names one.
        is_table: whether `table` is a real table, with rowids and an index on id.
        indexed: whether an index makes the lookup by `column` cheap ("back" only).
        lineage: the sources from the first one below a root down to this one.
    """

    kind: JoinKind
    parent: Join | None = None
    table: str = ""
    column: str = ""
    param: Param | None = None
    is_table: bool = True
    indexed: bool = False
    lineage: tuple[Join, ...] = field(init=False)

    def __post_init__(self) -> None:
        before = () if self.parent is None else self.parent.lineage
        object.__setattr__(self, "lineage", () if self.kind == "root" else (*before, self))

    @property
    def one_row(self) -> bool:
        """Whether it gives at most one row for each row of its parent."""
        return self.kind in _ONE_ROW

    @property
    def origin(self) -> Join:
        """The source that it is found from.

        Raises:
            ValueError: it depends on no other source.
        """
        if self.parent is None:
            raise ValueError(f"{self.kind} has no origin")
        return self.parent


@dataclass(frozen=True, slots=True)
class Ref:
    """A column of a row source; `id` and JSON list values (`value`) included."""

    join: Join
    column: str


Piece: TypeAlias = "str | Ref | Param"
Pieces: TypeAlias = "tuple[Piece, ...]"
"""SQL text with holes for columns and values."""


def replace_joins(pieces: Pieces, clones: dict[Join, Join]) -> Pieces:
    """Return pieces with the columns of cloned sources taken from the clones."""
    return tuple(
        Ref(clones.get(piece.join, piece.join), piece.column) if isinstance(piece, Ref) else piece
        for piece in pieces
    )


def joins_of(*parts: Pieces) -> frozenset[Join]:
    """Return every source that pieces use, with the sources they are found from; no roots."""
    return frozenset(
        join
        for pieces in parts
        for piece in pieces
        if isinstance(piece, Ref)
        for join in piece.join.lineage
    )

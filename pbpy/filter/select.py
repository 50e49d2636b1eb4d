"""Whole statements over the rows that a formula lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pbpy.errors import FilterError
from pbpy.filter.draft import EMPTY, Draft, join_drafts
from pbpy.filter.emit import Emitter
from pbpy.filter.formula import All, Atom, Formula
from pbpy.filter.joins import Join, Ref, joins_of
from pbpy.filter.operand import Operand
from pbpy.filter.scope import Aliases
from pbpy.filter.sort import RANDOM
from pbpy.store.sql import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.filter.compare import Condition

Kind = Literal["page", "count", "row", "rows", "exists"]
"""What a statement returns: a page of rows, the number of rows, the row with one id (a
parameter), the rows with ids of a JSON array (a parameter), or 1 when there is a row."""

MAX_TEXT = 500_000
"""SQLite takes statements of a million bytes."""

SHALLOW = 5
MAX_DEPTH = 40
"""The most levels of subqueries; filters beyond are written with joins alone."""

SET_LIMIT = 2000
"""Up to this rowid a related table is searched as a set even for a single page."""


class Query:
    """What the statements of one template have in common.

    Attributes:
        root: the rows that are searched.
        columns: names of the columns of a row.
        sort: operands or RANDOM or ROWID, and whether they descend.
        distinct: whether PocketBase joins, and so removes duplicates; without a sort the rows
            then come by id.
        indexed: columns of root with an index of their own.
        sorted_columns: columns of root that an index begins with.
    """

    __slots__ = ("columns", "distinct", "indexed", "root", "sort", "sorted_columns")

    def __init__(
        self,
        root: Join,
        columns: Sequence[str],
        sort: Sequence[tuple[Operand | str, bool]],
        *,
        distinct: bool = False,
        indexed: frozenset[str] = frozenset(),
        sorted_columns: frozenset[str] = frozenset(),
    ) -> None:
        self.root = root
        self.columns = tuple(columns)
        self.sort = tuple(sort)
        self.distinct = distinct
        self.indexed = indexed
        self.sorted_columns = sorted_columns

    def write(self, kind: Kind, formula: Formula | bool) -> Draft:
        """Return a statement; its own parameters (id, or limit and offset) are the last ones.

        Raises:
            FilterError: it would be too large for SQLite.
        """
        writer = _Plain(self, kind)
        draft = writer.write(formula)
        scans = kind in ("page", "count") and writer.scope.aliases.scans
        if scans or _is_deep(formula) or (kind == "page" and self._must_join(formula)):
            draft = _Joined(self, kind).write(formula)
        if len(draft.text) > MAX_TEXT:
            raise FilterError("the query is too large")
        return draft

    def _must_join(self, formula: Formula | bool) -> bool:
        """Whether only PocketBase's own joins give PocketBase's order.

        That is so for an order by a path with several values, where the first joined row that
        the filter lets through counts, and for back relations that must exist: SQLite then
        starts from those.
        """
        if isinstance(formula, bool):
            return formula and any(not join.one_row for join in self.sort_joins())
        return any(not join.one_row for join in self.sort_joins()) or any(
            join.kind in ("back", "back_items") for join in formula.rejects
        )

    def seeks(self, formula: Formula | bool) -> bool:
        """Whether rows are found by an index on a column that must equal a value.

        SQLite then gives them by rowid, with or without duplicates to remove.
        """
        items = formula.items if isinstance(formula, All) else (formula,)
        return any(
            isinstance(item, Atom) and item.condition is not None and self._is_seek(item.condition)
            for item in items
        )

    def _is_seek(self, condition: Condition) -> bool:
        if len(condition.pieces) != 3 or condition.pieces[1] != " = ":
            return False
        return any(
            isinstance(piece, Ref) and piece.join is self.root and piece.column in self.indexed
            for piece in condition.pieces
        )

    def sort_joins(self) -> frozenset[Join]:
        """Return the joins that the order needs."""
        return joins_of(
            *(operand.pieces for operand, _ in self.sort if isinstance(operand, Operand))
        )


def _is_deep(formula: Formula | bool) -> bool:
    """Whether subqueries inside one another would exceed SQLite's limits."""
    if isinstance(formula, bool) or formula.depth <= SHALLOW:
        return False
    longest = max((len(join.lineage) for join in formula.joins), default=0)
    return formula.depth * longest > MAX_DEPTH


class _Plain:
    """Writes a statement in which every row of root appears at most once by itself."""

    __slots__ = ("kind", "query", "scope", "table")

    def __init__(self, query: Query, kind: Kind) -> None:
        self.query = query
        self.kind = kind
        self.table = quote_identifier(query.root.table)
        self.scope = Emitter(Aliases(), {query.root: self.table}, self._set_limit())

    def _set_limit(self) -> str:
        if not self.query.root.is_table:
            return ""
        match self.kind:
            case "count":
                return f"(SELECT max(rowid) FROM {self.table})"
            case "page":
                return str(SET_LIMIT)
            case _:
                return ""

    def write(self, formula: Formula | bool) -> Draft:
        where = self._where(formula)
        match self.kind:
            case "count":
                return self._from(self._counted()) + where
            case "exists":
                return self._from("1") + where + " LIMIT 1"
            case "row":
                return self._from(self._columns()) + self._by_id(where, " = ?") + " LIMIT 1"
            case "rows":
                return self._from(self._columns()) + self._by_id(
                    where, " IN (SELECT value FROM json_each(?))"
                )
            case "page":
                return self._page(where, formula)

    def _where(self, formula: Formula | bool) -> Draft:
        if isinstance(formula, bool):
            return EMPTY if formula else Draft(" WHERE 0")
        return Draft(" WHERE ") + self.scope.expression(formula)

    def _by_id(self, where: Draft, condition: str) -> Draft:
        return where + (" AND " if where.text else " WHERE ") + f"{self.table}.`id`{condition}"

    def _from(self, columns: str) -> Draft:
        """Return SELECT and FROM; to be called after all expressions were written."""
        return Draft(f"SELECT {columns} FROM {self.table}") + self.scope.joined

    def _columns(self) -> str:
        return ", ".join(f"{self.table}.{quote_identifier(name)}" for name in self.query.columns)

    def _key(self) -> str:
        """Return the column that tells rows apart; the ids of a view may be NULL."""
        return f"{self.table}.{'rowid' if self.query.root.is_table else '`id`'}"

    def _counted(self) -> str:
        return "COUNT(*)" if self.query.root.is_table else f"COUNT(DISTINCT {self._key()})"

    def _page(self, where: Draft, formula: Formula | bool) -> Draft:
        order = self._order()
        if not order.text and self.query.distinct and not self.query.seeks(formula):
            order = Draft(f" ORDER BY {self.table}.`id`")
        if not self._sorts_apart():
            return self._from(self._columns()) + where + order + " LIMIT ? OFFSET ?"
        inner = self._from(f"{self._key()} AS r") + where + order + " LIMIT ? OFFSET ?"
        return (
            Draft(f"SELECT {self._columns()} FROM (")
            + inner
            + f") AS p CROSS JOIN {self.table} ON {self.table}.rowid = p.r"
        )

    def _sorts_apart(self) -> bool:
        """Whether rowids are sorted first and the rows of the page are read afterwards.

        Rows may be wide, so that takes a third of the time. Where an index gives the order
        nothing is sorted, and PocketBase's own form gives equal rows in PocketBase's order.
        """
        if not self.query.sort or not self.query.root.is_table:
            return False
        first = self.query.sort[0][0]
        return not isinstance(first, Operand) or not any(
            isinstance(piece, Ref)
            and piece.join is self.query.root
            and piece.column in self.query.sorted_columns
            for piece in first.pieces
        )

    def _order(self) -> Draft:
        terms = []
        for operand, descending in self.query.sort:
            if isinstance(operand, Operand):
                term = self.scope.write(operand.pieces)
            elif operand == RANDOM:
                terms.append(Draft("RANDOM()"))
                continue
            else:
                term = Draft(f"{self.table}.`_rowid_`")
            terms.append(term + (" DESC" if descending else " ASC"))
        return Draft(" ORDER BY ") + join_drafts(terms, ", ") if terms else EMPTY


class _Joined(_Plain):
    """Writes a statement that joins everything and removes duplicates, as PocketBase does."""

    __slots__ = ()

    def write(self, formula: Formula | bool) -> Draft:
        joins: set[Join] = set(self.query.sort_joins() if self.kind == "page" else ())
        if not isinstance(formula, bool):
            joins |= formula.joins
        for join in sorted(joins, key=lambda join: len(join.lineage)):
            self.scope.require(join)
        return super().write(formula)

    def _counted(self) -> str:
        return f"COUNT(DISTINCT {self._key()})"

    def _from(self, columns: str) -> Draft:
        distinct = "DISTINCT " if self.kind in ("page", "rows") else ""
        return super()._from(distinct + columns)

    def _page(self, where: Draft, formula: Formula | bool) -> Draft:
        order = self._order()
        if "id" in self.query.columns:
            return self._from(self._columns()) + where + order + " LIMIT ? OFFSET ?"
        # Rows that are alike in the chosen columns are no duplicates.
        inner = self._from(f"{self._columns()}, {self._key()} AS _key") + where + order
        names = ", ".join(map(quote_identifier, self.query.columns))
        return Draft(f"SELECT {names} FROM (") + inner + " LIMIT ? OFFSET ?)"

"""Scopes: the rows that one SELECT has at hand, and how their columns are written."""

from __future__ import annotations

from typing import Self

from pbpy.errors import FilterError
from pbpy.filter.draft import EMPTY, Draft, items_source
from pbpy.filter.joins import Join, Param, Pieces, Ref
from pbpy.store.sql import quote_identifier

MAX_JOINS = 63
"""The most joins of one SELECT: with the table that is filtered they are SQLite's 64."""

MAX_SUBQUERIES = 2000
"""The most row sources of one statement, wherever they are in it."""


class Aliases:
    """Gives out the aliases of one statement: j1, j2, ...

    Attributes:
        scans: whether rows of a table are searched without an index for each outer row.
    """

    __slots__ = ("count", "scans")

    def __init__(self) -> None:
        self.count = 0
        self.scans = False

    def next(self) -> str:
        """Return an alias that the statement does not have yet.

        Raises:
            FilterError: it has MAX_SUBQUERIES already.
        """
        self.count += 1
        if self.count > MAX_SUBQUERIES:
            raise FilterError("the query is too large")
        return f"j{self.count}"


class Scope:
    """One SELECT: the rows it has at hand, and the LEFT JOINs its expressions asked for.

    Attributes:
        names: alias or table name of every join at hand, those of outer SELECTs included.
        joined: the LEFT JOIN clauses of this SELECT.
        set_limit: SQL of the highest rowid up to which a related table is searched as a set;
            empty to probe always.
    """

    __slots__ = ("aliases", "joined", "names", "set_limit")

    def __init__(self, aliases: Aliases, names: dict[Join, str], set_limit: str) -> None:
        self.aliases = aliases
        self.names = names
        self.joined = EMPTY
        self.set_limit = set_limit

    def inner(self, join: Join, *, set_limit: str = "") -> Self:
        """Return the scope of a subquery over join."""
        alias = self.aliases.next()
        return type(self)(self.aliases, {**self.names, join: alias}, set_limit)

    def inner_empty(self) -> Self:
        """Return the scope of a subquery that has no row source of its own yet."""
        return type(self)(self.aliases, dict(self.names), self.set_limit)

    # columns and conditions

    def write(self, pieces: Pieces) -> Draft:
        """Return pieces as SQL; one-row joins that are not at hand are joined."""
        texts: list[str] = []
        params: list[Param] = []
        for piece in pieces:
            if isinstance(piece, str):
                texts.append(piece)
            elif isinstance(piece, Param):
                texts.append("?")
                params.append(piece)
            else:
                column = self.column(piece)
                texts.append(column.text)
                params.extend(column.params)
        return Draft("".join(texts), tuple(params))

    def column(self, ref: Ref) -> Draft:
        """Return a column of a join as SQL."""
        if ref.join not in self.names and _is_record_path(ref.join):
            return self._record_column(ref)
        self.require(ref.join)
        return Draft(f"{self.names[ref.join]}.{quote_identifier(ref.column)}")

    def _record_column(self, ref: Ref) -> Draft:
        """Return a subquery which SQLite runs once: it depends on no row of this statement."""
        first, *_ = ref.join.lineage
        inner = self.inner(first)
        inner.require(ref.join)
        column = inner.column(ref)
        where = inner.link(first)
        return (
            Draft(f"(SELECT {column.text} FROM {inner.source(first).text}")
            + inner.joined
            + " WHERE "
            + where
            + ")"
        )

    def require(self, join: Join) -> None:
        """Make sure that join is at hand: LEFT JOIN it, and what leads to it."""
        for step in join.lineage:
            if step not in self.names:
                if self.joined.text.count(" LEFT JOIN ") >= MAX_JOINS:
                    raise FilterError("too many relations in one query")
                self.names[step] = self.aliases.next()
                link = self.link(step)
                self.joined += Draft(" LEFT JOIN ") + self.source(step)
                if link.text:
                    self.joined += Draft(" ON ") + link

    def source(self, join: Join) -> Draft:
        """Return `table alias` of a join at hand."""
        alias = self.names[join]
        if join.kind == "items":
            column = self.column(Ref(join.origin, join.column)).text
            return Draft(f"{items_source(column)} {alias}")
        if join.kind == "values":
            return Draft(f"json_each(?) {alias}", _params(join))
        return Draft(f"{quote_identifier(join.table)} {alias}")

    def link(self, join: Join) -> Draft:
        """Return the condition that ties a join at hand to what it is found from, or nothing."""
        own = f"{self.names[join]}."
        match join.kind:
            case "relation":
                return Draft(own + "`id` = ") + self.key(join)
            case "record":
                return Draft(own + "`id` = ") + self.key(join)
            case "back":
                return Draft(own + quote_identifier(join.column) + " = ") + self.key(join)
            case "back_items":
                items = items_source(own + quote_identifier(join.column))
                return self.key(join) + f" IN (SELECT value FROM {items})"
            case "ids":
                return Draft(own + "`id` IN (SELECT value FROM json_each(?))", _params(join))
            case _:
                return EMPTY

    def key(self, join: Join) -> Draft:
        """Return the value by which rows of join are looked up."""
        if join.param is not None:
            return Draft("?", (join.param,))
        return self.column(Ref(join.origin, join.column if join.kind == "relation" else "id"))


def _params(join: Join) -> tuple[Param, ...]:
    return () if join.param is None else (join.param,)


def _is_record_path(join: Join) -> bool:
    steps = join.lineage
    return bool(steps) and steps[0].kind == "record" and all(step.one_row for step in steps)

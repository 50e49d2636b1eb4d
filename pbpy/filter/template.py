"""Templates: what no request changes about a query, and the statements that follow from it.

For a request the slots are read; the decisions and shapes that follow select a *variant*, the
finished SQL text with the list of slots to bind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pbpy.filter.compile import Compiler, Node, decide, to_formula
from pbpy.filter.formula import Formula, all_of
from pbpy.filter.values import like_pattern
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pbpy.filter.draft import Draft
    from pbpy.filter.operand import Request, Slots
    from pbpy.filter.select import Kind, Query
    from pbpy.store.sql import SqlValue

MAX_VARIANTS = 64
"""How many statements of one template are kept."""


@dataclass(frozen=True, slots=True)
class ListPlan:
    """The statements of a list: a page of rows, and how many there are in all."""

    page: Sql
    count: Sql | None


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and the slots that its parameters are read from."""

    text: str
    params: tuple[tuple[int, bool], ...]

    def fill(self, values: Sequence[SqlValue], *more: SqlValue) -> Sql:
        """Return the statement for one request; more comes behind the slots."""
        bound = [like_pattern(values[slot]) if like else values[slot] for slot, like in self.params]
        return Sql(self.text, (*bound, *more))


@dataclass(slots=True)
class Template:
    """Filter and order of one kind of query, compiled once.

    Attributes:
        query: what its statements have in common.
        slots: the values that it reads.
        nodes: what must hold, all of it.
        variants: statements by kind, decisions and shapes.
    """

    query: Query
    slots: Slots
    compiler: Compiler
    nodes: list[Node]
    variants: dict[Hashable, Statement] = field(default_factory=dict)

    def read(self, request: Request) -> list[SqlValue]:
        """Return the values of all slots for a request."""
        return [slot.read(request) for slot in self.slots.items]

    def statement(self, kind: Kind, values: Sequence[SqlValue]) -> Statement:
        """Return the statement of a kind for these values.

        Raises:
            FilterError: the values make a path unusable, or there are too many joins.
        """
        decided = tuple(decide(item, values) for item in self.compiler.decisions)
        shapes = tuple(
            slot.shape(value) for slot, value in zip(self.slots.items, values, strict=True)
        )
        key = (kind, decided, shapes)
        found = self.variants.get(key)
        if found is None:
            if len(self.variants) >= MAX_VARIANTS:
                self.variants.clear()
            draft = self.query.write(kind, self._formula(decided, shapes))
            found = self.variants[key] = _statement(draft)
        return found

    def _formula(self, decided: tuple[bool, ...], shapes: tuple[Hashable, ...]) -> Formula | bool:
        items: list[Formula] = []
        for node in self.nodes:
            item = to_formula(node, decided, shapes)
            if item is False:
                return False
            if not isinstance(item, bool):
                items.append(item)
        return all_of(items) if items else True

    def plan(self, request: Request, limit: int, offset: int, *, with_total: bool) -> ListPlan:
        """Return the statements of a page of limit rows, all of them when limit is 0.

        Raises:
            FilterError: the values make a path unusable, or there are too many joins.
        """
        values = self.read(request)
        page = self.statement("page", values).fill(values, limit or -1, offset)
        count = self.statement("count", values).fill(values) if with_total else None
        return ListPlan(page, count)


def _statement(draft: Draft) -> Statement:
    return Statement(draft.text, tuple((param.slot, param.like) for param in draft.params))

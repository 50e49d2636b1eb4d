"""A page of collections, filtered and sorted by plain columns of `_collections`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pbpy.errors import FilterError
from pbpy.filter.compile import Compiler, decide, to_formula
from pbpy.filter.joins import Join, Ref
from pbpy.filter.operand import Operand, Slots
from pbpy.filter.parser import parse
from pbpy.filter.select import Query
from pbpy.filter.sort import RANDOM, ROWID, parse_sort
from pbpy.filter.values import like_pattern
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.filter.draft import Draft
    from pbpy.filter.formula import Formula
    from pbpy.filter.select import Kind
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

COLUMNS = ("id", "created", "updated", "name", "system", "type")
"""What clients may filter and sort by."""
MAX_FILTER_BYTES = 3500


async def list_collections(
    ctx: Context,
    *,
    filter: str = "",  # noqa: A002  # PocketBase's word
    sort: str = "",
    limit: int,
    offset: int = 0,
) -> tuple[list[Collection], int]:
    """Return the collections of a page, and how many there are in all.

    Raises:
        FilterError: filter or sort cannot be used.
    """
    search = _Search(ctx.now(), filter, sort)
    rows = await ctx.db.all(search.statement("page", limit, offset))
    total = cast("int", await ctx.db.value(search.statement("count")))
    found = (ctx.catalog.by_id(str(row[0])) for row in rows)
    return [item for item in found if item is not None], total


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Knows the columns of one table; fulfils filter.operand.FieldResolver."""

    root: Join
    slots: Slots

    def resolve(self, name: str) -> Operand:
        """Return the operand of a column.

        Raises:
            FilterError: it is none of COLUMNS.
        """
        if name not in COLUMNS:
            raise FilterError(f'failed to resolve field "{name}"')
        return Operand((Ref(self.root, name),), null_when_missing=False)


@dataclass(frozen=True, slots=True)
class _Moment:
    """Gives macros their moment; fulfils filter.operand.Request."""

    now: str
    literals: tuple[SqlValue, ...] = ()


class _Search:
    """One filter and sort, compiled for one request."""

    __slots__ = ("_formula", "_query", "_values")

    def __init__(self, now: str, text: str, sort: str) -> None:
        root = Join("root", table="_collections")
        slots = Slots()
        resolver = _Resolver(root, slots)
        self._formula: Formula | bool = True
        self._values: list[SqlValue] = []
        if text:
            self._compile(resolver, text, _Moment(now))
        keys = [(_sort_key(resolver, term.name), term.descending) for term in parse_sort(sort)]
        # An index on `id` would otherwise decide about the order.
        self._query = Query(root, ("id",), keys or [(ROWID, False)])

    def _compile(self, resolver: _Resolver, text: str, moment: _Moment) -> None:
        if len(text.encode()) > MAX_FILTER_BYTES:
            raise FilterError("max filter length limit reached")
        slots = resolver.slots
        compiler = Compiler(slots)
        node = compiler.compile(parse(text), resolver, constant=True)
        self._values = [slot.read(moment) for slot in slots.items]
        pairs = zip(slots.items, self._values, strict=True)
        shapes = [slot.shape(value) for slot, value in pairs]
        decided = [decide(item, self._values) for item in compiler.decisions]
        self._formula = to_formula(node, decided, shapes)

    def statement(self, kind: Kind, *more: SqlValue) -> Sql:
        """Return a statement with its values; more comes behind those of the filter."""
        draft: Draft = self._query.write(kind, self._formula)
        values = [self._bound(item.slot, like=item.like) for item in draft.params]
        return Sql(draft.text, (*values, *more))

    def _bound(self, slot: int, *, like: bool) -> SqlValue:
        value = self._values[slot]
        return like_pattern(value) if like else value


def _sort_key(resolver: _Resolver, name: str) -> Operand | str:
    return name if name in (RANDOM, ROWID) else resolver.resolve(name)

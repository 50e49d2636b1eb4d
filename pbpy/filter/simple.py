"""Lists of plain tables (collections, logs): only the named columns, and paths into JSON ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pbpy.errors import FilterError
from pbpy.filter.compile import Compiler
from pbpy.filter.joins import Join, Ref
from pbpy.filter.operand import NullFallback, Operand, Slots
from pbpy.filter.parser import parse
from pbpy.filter.select import Query
from pbpy.filter.sort import RANDOM, ROWID, parse_sort
from pbpy.filter.template import ListPlan, Template

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pbpy.filter.compile import Node
    from pbpy.store.sql import SqlValue

MAX_FILTER_BYTES = 3500

_JSON_PATH = re.compile(r"\w+(?:\.\w+)+", re.ASCII)


class _Moment:
    """What a filter without a request may read; fulfils operand.Request."""

    __slots__ = ("now",)

    literals: Sequence[SqlValue] = ()

    def __init__(self, now: str) -> None:
        self.now = now


class _Resolver:
    """Knows the columns of one table; fulfils operand.FieldResolver."""

    __slots__ = ("_json", "_names", "root", "slots")

    def __init__(self, table: str, names: Collection[str], json_names: Collection[str]) -> None:
        self.root = Join("root", table=table)
        self.slots = Slots()
        self._names = names
        self._json = json_names

    def resolve(self, name: str) -> Operand:
        """Return the operand of a column, or of a path into a JSON column.

        Raises:
            FilterError: there is no such column.
        """
        if name in self._names:
            return Operand((Ref(self.root, name),))
        column, _, path = name.partition(".")
        if column not in self._json or not _JSON_PATH.fullmatch(name):
            raise FilterError(f'failed to resolve field "{name}"')
        steps = (f"[{key}]" if key.isdecimal() else f".{key}" for key in path.split("."))
        pieces = ("JSON_EXTRACT(", Ref(self.root, column), f", '${''.join(steps)}')")
        return Operand(pieces, fallback=NullFallback.DISABLED)


def plan_simple_list(
    table: str,
    columns: Sequence[str],
    *,
    names: Collection[str],
    json_names: Collection[str] = (),
    filter: str,  # noqa: A002  # PocketBase's word
    sort: str,
    limit: int,
    offset: int,
    now: str,
    with_total: bool = True,
) -> ListPlan:
    """Return the statements of a list of rows of a plain table.

    Args:
        table: its name.
        columns: the columns of a row.
        names: the columns that filter and sort may use.
        json_names: the columns into which `column.key.0` leads.
        filter: the client's expression; "" for none.
        sort: the client's order; "" for the order of the table.
        limit: how many rows a page has; 0 for all.
        offset: how many rows come before the page.
        now: the moment for macros.
        with_total: whether the plan counts all rows as well.

    Raises:
        FilterError: filter or sort cannot be used.
    """
    if len(filter.encode("utf-8", "replace")) > MAX_FILTER_BYTES:
        raise FilterError("max filter length limit reached")
    resolver = _Resolver(table, names, json_names)
    compiler = Compiler(resolver.slots)
    nodes: list[Node] = []
    if filter:
        nodes.append(compiler.compile(parse(filter), resolver, constant=True))
    order = tuple(
        (name if name in (RANDOM, ROWID) else resolver.resolve(name), descending)
        for name, descending in parse_sort(sort)
    )
    # without a sort, an index must not decide about the order
    query = Query(resolver.root, columns, order or ((ROWID, False),))
    template = Template(query, resolver.slots, compiler, nodes)
    return template.plan(_Moment(now), limit, offset, with_total=with_total)

"""Query templates: rule, filter and sort of one kind of query, compiled once.

A template holds what no request changes. For a request its slots are read; the decisions and
shapes that follow select a *variant*, the finished SQL text with the list of slots to bind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pbpy.errors import FilterError
from pbpy.filter.compile import Compiler, Node, decide, to_formula
from pbpy.filter.formula import Formula, all_of
from pbpy.filter.joins import Join
from pbpy.filter.operand import Operand, Slots
from pbpy.filter.parser import parse
from pbpy.filter.select import Kind, Query
from pbpy.filter.sort import RANDOM, ROWID, SortTerm
from pbpy.filter.values import like_pattern
from pbpy.records.field_resolver import FieldResolver
from pbpy.schema.indexes import parse_index
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pbpy.filter.ast import Expr
    from pbpy.filter.draft import Draft
    from pbpy.records.request_values import RequestValues
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

MAX_VARIANTS = 64


class Question(NamedTuple):
    """What a template is compiled from.

    Attributes:
        collection: the collection that is searched.
        rule: a trusted expression that has to hold as well; None for none.
        filter: the client's or the app developer's expression; None for none.
        sort: the terms of the order.
        auth: the collection of the signed-in record; None for guests.
        trusted: whether filter and sort may use hidden fields and every collection.
        columns: names of the columns of a row.
        table: how the statement names the rows; the collection's table, or a virtual row.
        is_table: whether the rows are those of a real table.
    """

    collection: Collection
    rule: Expr | None
    filter: Expr | None
    sort: tuple[SortTerm, ...]
    auth: Collection | None
    trusted: bool
    columns: tuple[str, ...]
    table: str
    is_table: bool


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
    """One question, compiled.

    Attributes:
        question: what it answers.
        query: what its statements have in common.
        slots: the values that it reads.
        nodes: what must hold, all of it.
        variants: statements by kind, decisions and shapes.
    """

    question: Question
    query: Query
    slots: Slots
    compiler: Compiler
    nodes: list[Node]
    variants: dict[Hashable, Statement] = field(default_factory=dict)

    def read(self, request: RequestValues) -> list[SqlValue]:
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


def _statement(draft: Draft) -> Statement:
    return Statement(draft.text, tuple((param.slot, param.like) for param in draft.params))


def compile_template(catalog: Catalog, question: Question) -> Template:
    """Return the template of a question.

    Raises:
        FilterError: rule, filter or sort cannot be used.
    """
    root = Join("root", table=question.table, is_table=question.is_table)
    slots = Slots()
    compiler = Compiler(slots)
    resolver = FieldResolver(
        catalog,
        question.collection,
        root,
        slots,
        auth=question.auth,
        trusted=True,
        root_is_table=question.is_table,
    )
    nodes: list[Node] = []
    if question.rule is not None:
        nodes.append(compiler.compile(question.rule, resolver, constant=True))
    resolver.trusted = question.trusted
    if question.filter is not None:
        nodes.append(compiler.compile(question.filter, resolver, constant=False))
    sort = tuple((_sort_key(term, resolver), term.descending) for term in question.sort)
    rules, joined = _list_rules(compiler, resolver)
    indexes = [parse_index(text) for text in question.collection.indexes]
    query = Query(
        root,
        question.columns,
        sort,
        distinct=resolver.has_joins or joined,
        indexed=frozenset(item.columns[0].name for item in indexes if len(item.columns) == 1),
        sorted_columns=frozenset(item.columns[0].name for item in indexes if item.columns),
    )
    return Template(question, query, slots, compiler, [*nodes, *rules])


def _sort_key(term: SortTerm, resolver: FieldResolver) -> Operand | str:
    if term.name == ROWID and not resolver.root.is_table:
        raise FilterError("a view has no rowid")
    if term.name in (RANDOM, ROWID):
        return term.name
    try:
        found = resolver.resolve(term.name)
    except FilterError as error:
        raise FilterError(f'invalid sort field "{term.name}"') from error
    if not isinstance(found, Operand) or not found.has_columns or found.params:
        raise FilterError(f'invalid sort field "{term.name}"')
    return found


def _list_rules(compiler: Compiler, resolver: FieldResolver) -> tuple[list[Node], bool]:
    """Return the list rules of all collections that a client's paths lead to.

    For each: there is no record, or its rule holds. Also return whether they join more.
    Source: PocketBase core/record_field_resolver.go updateQueryWithCollectionListRule.
    """
    nodes = []
    joined = False
    for join, collection in list(resolver.joins_ruled.items()):
        rule = parse(f"id='' || (\n{collection.list_rule}\n)")
        behind = resolver.behind(join, collection)
        nodes.append(compiler.compile(rule, behind, constant=True))
        joined = joined or behind.has_joins
    return nodes, joined

"""Query templates: rule, filter and sort of one kind of query, compiled once.

Rule and filter are resolved with different rights, but share their joins: both speak of the
same related rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pbpy.errors import FilterError
from pbpy.filter.compile import Compiler, Node
from pbpy.filter.joins import Join
from pbpy.filter.operand import Operand, Slots
from pbpy.filter.parser import parse
from pbpy.filter.select import Query
from pbpy.filter.sort import RANDOM, ROWID, SortTerm
from pbpy.filter.template import Template
from pbpy.records.field_resolver import FieldResolver
from pbpy.schema.indexes import parse_index

if TYPE_CHECKING:
    from pbpy.filter.ast import Expr
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


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
    return Template(query, slots, compiler, [*nodes, *rules])


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

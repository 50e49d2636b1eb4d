"""Plans: the statements for a request, from templates that are compiled once per catalog.

A catalog's memo holds the templates, so a change of any collection forgets them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pbpy import datetimes
from pbpy.errors import FilterError, FilterForbidden
from pbpy.filter.ast import Expr, split_literals
from pbpy.filter.parser import parse
from pbpy.filter.sort import parse_sort
from pbpy.records.query_template import Question, compile_template
from pbpy.records.request_values import RequestValues
from pbpy.store.sql import Sql, quote_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from pbpy.filter.select import Kind
    from pbpy.filter.template import ListPlan, Template
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection, Rule
    from pbpy.store.sql import Row, SqlValue

MAX_FILTER_BYTES = 3500
MAX_CACHED = 500
"""How many client filters, and how many templates, are kept per catalog."""

_SUPERUSER_PATHS = ("@collection.", "@request.")
_VIRTUAL = "__pb_create__"

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

Literals: TypeAlias = "tuple[str | float, ...]"


NO_LITERALS: Literals = ()


def plan_list(  # the parts of one query
    catalog: Catalog,
    collection: Collection,
    info: RequestInfo,
    *,
    rule: Rule,
    filter: str,  # noqa: A002  # PocketBase's word
    sort: str,
    limit: int,
    offset: int,
    with_total: bool,
    columns: tuple[str, ...] | None = None,
    ignore_rule: bool = False,
    trusted: bool = False,
    params: Mapping[str, SqlValue] | None = None,
    clock: Callable[[], str] = datetimes.now,
) -> ListPlan:
    """Return the statements of a list.

    Args:
        catalog: all collections.
        collection: whose records are listed.
        info: the request.
        rule: what has to hold besides the filter; superusers are not bound by it.
        filter: the client's expression; "" for none.
        sort: the client's order; "" for the order of the table.
        limit: how many rows a page has; 0 for all.
        offset: how many rows come before the page.
        with_total: whether `count` is wanted.
        columns: the columns of a row; all fields in their order when None.
        ignore_rule: do not apply the rule, whoever asks.
        trusted: filter and sort are an app developer's: nothing is hidden from them.
        params: values of `{:name}` placeholders in a trusted filter.
        clock: the source of `@now` and the other macros.

    Raises:
        FilterError: filter, sort or rule cannot be used.
        FilterForbidden: a client's filter or sort looks into the request or other collections.
    """
    bound = not (info.is_superuser or ignore_rule)
    if bound and rule is None:
        raise FilterForbidden("only superusers can perform this action")
    trusted = trusted or info.is_superuser
    if not trusted:
        require_plain(filter)
        require_plain(sort)
    template, literals = _list_template(
        catalog,
        collection,
        (rule or "") if bound else "",
        filter,
        sort,
        auth=_auth_collection(catalog, info),
        columns=columns,
        trusted=trusted,
        params=params,
    )
    request = RequestValues(info, literals, clock)
    return template.plan(request, limit, offset, with_total=with_total)


def plan_access(
    catalog: Catalog,
    collection: Collection,
    info: RequestInfo,
    rule: Rule,
    record_id: str,
    *,
    columns: tuple[str, ...] | None = None,
    clock: Callable[[], str] = datetimes.now,
) -> Sql:
    """Return the statement for the row with this id, if the rule holds for it.

    Superusers are not bound by the rule; a rule of None lets nobody else in.

    Raises:
        FilterError: the rule cannot be used.
    """
    return _plan_rule(catalog, collection, info, rule, "row", columns, clock, record_id)


def plan_access_many(
    catalog: Catalog,
    collection: Collection,
    info: RequestInfo,
    rule: Rule,
    record_ids: str,
    *,
    columns: tuple[str, ...] | None = None,
    clock: Callable[[], str] = datetimes.now,
) -> Sql:
    """Return the statement for the rows with these ids, a JSON array, that the rule lets through.

    Raises:
        FilterError: the rule cannot be used.
    """
    return _plan_rule(catalog, collection, info, rule, "rows", columns, clock, record_ids)


def find_access_template(
    catalog: Catalog,
    collection: Collection,
    info: RequestInfo,
    *,
    rule: str = "",
    filter: str = "",  # noqa: A002  # PocketBase's word
    virtual: bool = False,
) -> tuple[Template, Literals]:
    """Return the template, and its literals, that tells whether a rule or filter holds for a row.

    Requests for whom its slots have equal values get equal answers.

    Args:
        catalog: all collections.
        collection: of the row.
        info: the request.
        rule: a trusted expression; give it or filter.
        filter: a client's expression, bound even when the client is a superuser.
        virtual: whether the row is given (`on_virtual_row`) instead of read from the table.

    Raises:
        FilterError: rule or filter cannot be used.
        FilterForbidden: the filter looks into the request or other collections.
    """
    if not info.is_superuser:
        require_plain(filter)
    auth = _auth_collection(catalog, info)
    if virtual:
        return _virtual_template(catalog, collection, rule, auth, filter, is_new=False)
    return _list_template(
        catalog,
        collection,
        rule,
        filter,
        "",
        auth=auth,
        columns=("id",),
        trusted=not filter,
        params=None,
    )


def plan_virtual_access(
    catalog: Catalog,
    collection: Collection,
    info: RequestInfo,
    rule: str,
    row: Row,
    *,
    clock: Callable[[], str] = datetimes.now,
) -> Sql:
    """Return a statement that gives a row if the rule holds for one that is not stored yet.

    Args:
        catalog: all collections.
        collection: of the record to be created.
        info: the request.
        rule: the create or manage rule, not empty.
        row: the values to be stored, in the order of `collection.fields`; an empty id is
            replaced, and `verified` counts as false.
        clock: the source of macros.

    Raises:
        FilterError: the rule cannot be used.
    """
    template, _ = _virtual_template(catalog, collection, rule, _auth_collection(catalog, info))
    values = template.read(RequestValues(info, (), clock))
    unsaved = tuple(_virtual_value(collection, index, value) for index, value in enumerate(row))
    return on_virtual_row(collection, unsaved, template.statement("exists", values).fill(values))


def on_virtual_row(collection: Collection, row: Row, statement: Sql) -> Sql:
    """Return a statement of a virtual template with the row that it is about."""
    table = collection.name + _VIRTUAL
    names = ", ".join(quote_identifier(field.name) for field in collection.fields)
    marks = ", ".join("?" * len(row))
    return Sql(f"WITH {quote_identifier(table)} ({names}) AS (SELECT {marks}) ", row) + statement


def _virtual_value(collection: Collection, index: int, value: SqlValue) -> SqlValue:
    name = collection.fields[index].name
    if name == "id":
        return value or f"__temp_id__{_VIRTUAL}"
    if name == "verified" and collection.is_auth:
        return 0
    return value


def _plan_rule(
    catalog: Catalog,
    collection: Collection,
    info: RequestInfo,
    rule: Rule,
    kind: Kind,
    columns: tuple[str, ...] | None,
    clock: Callable[[], str],
    key: str,
) -> Sql:
    if info.is_superuser:
        rule = ""
    if rule is None:
        raise FilterForbidden("only superusers can perform this action")
    template, _ = _list_template(
        catalog,
        collection,
        rule,
        "",
        "",
        auth=_auth_collection(catalog, info),
        columns=columns,
        trusted=True,
        params=None,
    )
    values = template.read(RequestValues(info, (), clock))
    return template.statement(kind, values).fill(values, key)


# templates


def _auth_collection(catalog: Catalog, info: RequestInfo) -> Collection | None:
    if info.auth is None:
        return None
    return catalog.by_id(info.auth.collection.id) or info.auth.collection


def require_plain(text: str) -> None:
    """Accept a client's filter or sort that does not look beyond the collection.

    Raises:
        FilterForbidden: it names the request or other collections.
    """
    for path in _SUPERUSER_PATHS:
        if path in text:
            raise FilterForbidden(f"Only superusers can filter by {path}")


class _Memo:
    """The templates of one catalog, and client filters by their text."""

    __slots__ = ("filters", "templates")

    def __init__(self) -> None:
        self.filters: dict[str, tuple[str, Literals, Expr]] = {}
        self.templates: dict[Hashable, tuple[Collection, Template]] = {}


def _memo(catalog: Catalog) -> _Memo:
    found: _Memo | None = catalog.memo.get(_Memo)
    if found is None:
        found = catalog.memo[_Memo] = _Memo()
    return found


def _remember(cache: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """Keep a value, the one kept for the longest time makes room."""
    if len(cache) >= MAX_CACHED:
        del cache[next(iter(cache))]
    cache[key] = value
    return value


def _parse_filter(
    memo: _Memo, text: str, params: Mapping[str, SqlValue] | None
) -> tuple[str, Literals, Expr]:
    """Return (key of the template, literals, tree) of a filter."""
    if params is not None:
        expr = parse(text, params)
        return (*split_literals(expr), expr)
    found = memo.filters.get(text)
    if found is None:
        expr = parse(text)
        found = _remember(memo.filters, text, (*split_literals(expr), expr))
    return found


def _list_template(
    catalog: Catalog,
    collection: Collection,
    rule: str,
    filter: str,  # noqa: A002
    sort: str,
    *,
    auth: Collection | None,
    columns: tuple[str, ...] | None,
    trusted: bool,
    params: Mapping[str, SqlValue] | None,
) -> tuple[Template, Literals]:
    memo = _memo(catalog)
    shape, literals, expr = "", NO_LITERALS, None
    if filter:
        if len(filter.encode("utf-8", "replace")) > MAX_FILTER_BYTES:
            raise FilterError("max filter length limit reached")
        shape, literals, expr = _parse_filter(memo, filter, params)
    key = (collection.id, rule, shape, sort, auth and auth.id, columns, trusted)
    known, template = memo.templates.get(key, (None, None))
    if template is None or known is not collection:
        question = Question(
            collection,
            parse(rule) if rule else None,
            expr,
            parse_sort(sort),
            auth,
            trusted,
            columns or tuple(field.name for field in collection.fields),
            collection.name,
            not collection.is_view,
        )
        template = compile_template(catalog, question)
        _remember(memo.templates, key, (collection, template))
    return template, literals


def _virtual_template(
    catalog: Catalog,
    collection: Collection,
    rule: str,
    auth: Collection | None,
    filter: str = "",  # noqa: A002
    *,
    is_new: bool = True,
) -> tuple[Template, Literals]:
    """Return the template about a given row, which others may refer to unless it is new."""
    memo = _memo(catalog)
    shape, literals, expr = _parse_filter(memo, filter, None) if filter else ("", NO_LITERALS, None)
    key = (_VIRTUAL, collection.id, rule, shape, auth and auth.id, is_new)
    known, template = memo.templates.get(key, (None, None))
    if template is None or known is not collection:
        # PocketBase: paths that come back to this collection see its table, not the new row
        suffix = _VIRTUAL if is_new else ""  # PocketBase: no back relation leads to a new row
        virtual = collection.replace(id=collection.id + suffix, name=collection.name + _VIRTUAL)
        columns = tuple(field.name for field in collection.fields)
        tree = parse(rule) if rule else None
        question = Question(virtual, tree, expr, (), auth, not filter, columns, virtual.name, False)
        template = compile_template(catalog, question)
        _remember(memo.templates, key, (collection, template))
    return template, literals


def check_rule(catalog: Catalog, collection: Collection, text: str) -> None:
    """Check that a rule can be compiled, as for a guest's empty request.

    Raises:
        FilterError: it cannot.
    """
    columns = tuple(field.name for field in collection.fields)
    compile_template(
        catalog,
        Question(collection, parse(text), None, (), None, True, columns, collection.name, True),
    )

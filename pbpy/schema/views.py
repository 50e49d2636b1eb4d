"""View collections: the fields of a query, and the trial of one.

Source: PocketBase core/view.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pbpy.errors import QueryTimeout, SchemaError, StoreError
from pbpy.fields.bool import Bool
from pbpy.fields.json import Json
from pbpy.fields.number import Number
from pbpy.fields.relation import Relation
from pbpy.fields.text import Text
from pbpy.ids import random_text
from pbpy.schema import queries
from pbpy.schema.checks import errors_text
from pbpy.schema.collection import Collection
from pbpy.schema.defaults import ID_PATTERN
from pbpy.schema.field_list import add_field
from pbpy.schema.tokenizer import UnbalancedExpression
from pbpy.schema.view_columns import (
    UnreadableSelect,
    has_several_statements,
    read_select,
    trimmed_select,
)
from pbpy.store import ddl

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.fields.field import Field
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.view_columns import Named, SelectParts
    from pbpy.store.sql import Row

SAMPLE_SIZE = 10
_CAST = re.compile(r"cast\s*+\(.*\sas\s++(\w++)\s*+\)", re.DOTALL)
_WILDCARD = (
    "wildcard columns (*) are not supported - manually type the collection field names you want"
    " the view query to have"
)
_NO_ID = (
    "missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have one)"
)


class InvalidView(SchemaError):
    """A query that no view can have; `fields` are those that were found nevertheless."""

    def __init__(self, reason: str, fields: tuple[Field, ...] = ()) -> None:
        self.fields = fields
        super().__init__(reason)


class SlowView(InvalidView):
    """A query that did not give its first rows in time."""


@dataclass(frozen=True, slots=True)
class ViewTrial:
    """A temporary view collection and at most ten of its rows, in the order of its fields."""

    collection: Collection
    rows: list[Row]


async def derive_fields(ctx: Context, query: str) -> tuple[Field, ...]:
    """Return the fields of a view query, by what SQLite says of it and what its columns are.

    Args:
        ctx: bound to a transaction; nothing of the trial stays.
        query: a select.

    Raises:
        InvalidView: the query cannot be read, is refused, or has no id.
    """
    parts = _read(query)
    known = _known_fields(ctx.catalog, parts)
    columns = await _columns(ctx, query)
    fields: tuple[Field, ...] = ()
    for name, _ in columns:
        fields = add_field(fields, known.get(name) or _default_field(name))
    if all(name != "id" for name, _ in columns):
        raise InvalidView(_NO_ID, fields)
    return fields


async def stored_query(ctx: Context, query: str) -> str:
    """Return the query that the database view gets: its id is a text.

    Raises:
        InvalidView: as derive_fields.
    """
    query = trimmed_select(query)
    for name, declared in await _columns(ctx, query):
        if name.lower() == "id" and declared.upper() == "TEXT":
            return query
    return queries.with_text_id(query, [column.alias for column in _read(query).columns])


async def dry_run(ctx: Context, query: str) -> ViewTrial:
    """Try a view query; return what it would show.

    The query itself runs as a read, outside of any transaction but that of ctx.

    Raises:
        InvalidView: it cannot be a view, or its ids are empty or not unique.
        SlowView: it took longer than the query timeout.
    """
    query = _single_statement(query)
    async with ctx.transaction() as bound:
        fields = await derive_fields(bound, query)
        collection = Collection.new_view("temp_view_" + random_text(5), fields=fields)
        _check_settings(ctx.catalog, collection)
        query = await stored_query(bound, query)
    names = [item.name for item in fields]
    statement = queries.view_sample(query, names, SAMPLE_SIZE)
    try:
        _, rows = await ctx.db.described(statement, SAMPLE_SIZE)
    except StoreError as error:
        kind = SlowView if isinstance(error, QueryTimeout) else InvalidView
        raise kind(f"failed to retrieve query records: {error}") from error
    _check_ids([row[names.index("id")] for row in rows])
    return ViewTrial(collection, rows)


def _check_settings(catalog: Catalog, collection: Collection) -> None:
    for position, item in enumerate(collection.fields):
        errors = item.validate_settings(catalog, collection)
        if errors:
            raise InvalidView(f'invalid field "{item.name}" ({position}): {errors_text(errors)}')


def _check_ids(ids: list[object]) -> None:
    if not all(ids):
        raise InvalidView("the query could return records with empty or invalid ids")
    if len(set(ids)) < len(ids):
        raise InvalidView("the query could return records with non-unique ids")


def _single_statement(query: str) -> str:
    query = trimmed_select(query)
    if has_several_statements(query):
        raise InvalidView("multiple statements are not supported")
    return query


async def _columns(ctx: Context, query: str) -> list[tuple[str, str]]:
    """Return (name, declared type) of the columns of a view of the query."""
    query = _single_statement(query)
    name = "_temp_" + random_text(6)
    try:
        async with ctx.tx.savepoint():
            await ctx.tx.execute_long(ddl.create_view(name, query))
            columns = await ddl.list_columns(ctx.tx, name)
            await ctx.tx.execute_long(ddl.drop_view(name))
    except StoreError as error:
        raise InvalidView(str(error)) from error
    return columns


def _read(query: str) -> SelectParts:
    try:
        return read_select(query)
    except (UnreadableSelect, UnbalancedExpression) as error:
        raise InvalidView(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Origin:
    """The collection and the field that a column shows; None where it is computed."""

    collection: Collection | None = None
    field: Field | None = None


def _origin(catalog: Catalog, parts: SelectParts, column: Named) -> _Origin:
    names = column.original.split(".")
    is_qualified = len(names) == 2
    alias = names[0] if is_qualified else "".join(item.alias for item in parts.tables[:1])
    collection = None
    for table in parts.tables:
        if table.alias == alias and "(" not in alias:
            found = catalog.find(table.original)
            collection = found if found is not None and found.name == table.original else None
    if collection is None:
        return _Origin()
    wanted = names[1 if is_qualified else 0].lower()
    return _Origin(
        collection, next((f for f in collection.fields if f.name.lower() == wanted), None)
    )


def _known_fields(catalog: Catalog, parts: SelectParts) -> dict[str, Field]:
    """Return the field of every column that is named in the query, by its alias.

    Raises:
        InvalidView: a column is `*`.
    """
    found: dict[str, Field] = {}
    for column in parts.columns:
        if column.alias == "*":
            raise InvalidView(_WILDCARD)
        found[column.alias] = (
            (_default_field("id") if column.alias == "id" else None)
            or _computed_field(column)
            or _shown_field(_origin(catalog, parts, column), column.alias)
            or _default_field(column.alias)
        )
    return found


def _computed_field(column: Named) -> Field | None:
    """Return the field of an aggregate or a cast, or None for another expression."""
    name, text = column.alias, column.original.lower()
    if text.startswith("count("):
        return Number(name=name, only_int=True)
    if text.startswith("total("):
        return Number(name=name)
    cast = _CAST.fullmatch(text)
    match cast[1] if cast else "":
        case "real" | "decimal" | "numeric":
            return Number(name=name)
        case "int" | "integer":
            return Number(name=name, only_int=True)
        case "text":
            return Text(name=name)
        case "bool" | "boolean":
            return Bool(name=name)
    return None


def _shown_field(origin: _Origin, name: str) -> Field | None:
    """Return the field of another collection under its new name; an id as a relation."""
    if origin.field is None or origin.collection is None:
        return None
    if origin.field.name.lower() == "id":
        return Relation(name=name, max_select=1, collection_id=origin.collection.id)
    return replace(origin.field, id="_clone_" + random_text(4), name=name)


def _default_field(name: str) -> Field:
    if name == "id":
        return Text(name="id", system=True, required=True, primary_key=True, pattern=ID_PATTERN)
    return Json(name=name, max_size=1)


def file_source(
    catalog: Catalog, view: Collection, field_name: str, level: int = 1
) -> tuple[Collection, Field] | None:
    """Return the collection and field whose files a file field of a view shows, or None.

    Views of views are followed, five levels at most.
    """
    parts = _read(view.view_query)
    for column in parts.columns:
        origin = _origin(catalog, parts, column)
        if column.alias != field_name or origin.collection is None or origin.field is None:
            continue
        if not origin.collection.is_view:
            return origin.collection, origin.field
        if level == 5:
            return None
        return file_source(catalog, origin.collection, origin.field.name, level + 1)
    return None


def fields_changed(old: tuple[Field, ...], new: tuple[Field, ...]) -> bool:
    """Whether a view has other fields than before; their ids do not count."""
    return [replace(item, id="") for item in old] != [replace(item, id="") for item in new]

"""Keep tables, indexes and views in step with the collections.

Field identity is the id: a removed id drops its column, a new id adds one, a kept id with a
new name renames it. Everything happens in the caller's transaction, so a refusal leaves no
trace; SQLite's own words come back as SchemaError.

Source: PocketBase core/collection_record_table_sync.go.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.errors import (
    ConstraintViolation,
    FieldError,
    SchemaError,
    SqlRejected,
    StoreError,
    UniqueViolation,
    ValidationFailed,
)
from pbpy.ids import random_text
from pbpy.schema import queries
from pbpy.schema.indexes import parse_index
from pbpy.schema.view_columns import trimmed_select
from pbpy.store import ddl
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pbpy.fields.field import Field
    from pbpy.schema.collection import Collection
    from pbpy.store.access import Transaction

INVALID_INDEX = "validation_invalid_index_expression"

log = logging.getLogger("pbpy.schema")


async def sync_table(tx: Transaction, old: Collection | None, new: Collection) -> None:
    """Bring the table or view of a created or changed collection into its new form.

    Raises:
        SchemaError: SQLite refuses a change of the table or the view.
        ValidationFailed: an index cannot be created; keyed `indexes`, then its position.
    """
    if new.is_view:
        await _sync_view(tx, old, new)
        return
    if old is None or not await ddl.has_table(tx, old.name):
        await _create_table(tx, new)
    else:
        await _change_table(tx, old, new)
    await _optimize(tx)


async def drop_table(tx: Transaction, collection: Collection) -> None:
    """Drop the table or view of a deleted collection.

    Raises:
        SchemaError: SQLite refuses.
    """
    with _refusals():
        if collection.is_view:
            await tx.execute_long(ddl.drop_view(collection.name))
        else:
            await tx.execute_long(ddl.drop_table(collection.name))


@contextmanager
def _refusals(prefix: str = "") -> Iterator[None]:
    """Turn SQLite's refusals into SchemaError; a busy or full database stays what it is.

    Superusers see the text, so it is PocketBase's, which has a prefix for three of the steps.
    """
    try:
        yield
    except (SqlRejected, ConstraintViolation, UniqueViolation) as error:
        raise SchemaError(f"{prefix}{error}") from error


async def _sync_view(tx: Transaction, old: Collection | None, new: Collection) -> None:
    with _refusals():
        if old is not None and old.is_view:
            await tx.execute_long(ddl.drop_view(old.name))
        await tx.execute_long(ddl.drop_view(new.name))
        await tx.execute_long(ddl.create_view(new.name, trimmed_select(new.view_query)))
        # SQLite accepts a view of missing tables; only using it tells.
        await ddl.list_columns(tx, new.name)


async def _create_table(tx: Transaction, new: Collection) -> None:
    columns = {field.name: field.column.value for field in new.fields}
    with _refusals():
        await tx.execute_long(ddl.create_table(new.name, columns))
    await _create_indexes(tx, new)


async def _change_table(tx: Transaction, old: Collection, new: Collection) -> None:
    is_renamed = old.name.lower() != new.name.lower()
    is_changed = is_renamed or old.fields != new.fields or old.indexes != new.indexes
    if is_changed:
        await _drop_indexes(tx, old)
    if is_renamed:
        with _refusals():
            await tx.execute_long(ddl.rename_table(old.name, new.name))
    await _drop_columns(tx, old, new)
    await _add_and_rename_columns(tx, old, new)
    await _convert_columns(tx, old, new)
    if is_changed:
        await _create_indexes(tx, new)


async def _drop_columns(tx: Transaction, old: Collection, new: Collection) -> None:
    for field in old.fields:
        if field.id not in new.by_id:
            with _refusals(f"failed to drop column {field.name} - "):
                await tx.execute_long(ddl.drop_column(new.name, field.name))


async def _add_and_rename_columns(tx: Transaction, old: Collection, new: Collection) -> None:
    """Add and rename by way of temporary names, so that two columns may swap theirs."""
    final_names: dict[str, str] = {}
    for field in new.fields:
        known = old.by_id.get(field.id)
        if known is not None and known.name == field.name:
            continue
        temporary = _temporary_name(field)
        final_names[temporary] = field.name
        if known is None:
            with _refusals(f"failed to add column {field.name} - "):
                await tx.execute_long(ddl.add_column(new.name, temporary, field.column.value))
        else:
            with _refusals(f"failed to rename column {known.name} - "):
                await tx.execute_long(ddl.rename_column(new.name, known.name, temporary))
    for temporary, name in final_names.items():
        with _refusals():
            await tx.execute_long(ddl.rename_column(new.name, temporary, name))


def _temporary_name(field: Field) -> str:
    return field.name + random_text(5)


async def _convert_columns(tx: Transaction, old: Collection, new: Collection) -> None:
    """Make new columns for fields that hold a list now, or no longer, and move their values."""
    converted = [field for field in new.fields if _is_list(old, field) != field.is_multiple]
    if not converted:
        return
    # A view that names a column cannot stay while the column is another for a moment.
    views = await ddl.list_views(tx)
    with _refusals():
        for name, _ in views:
            await tx.execute_long(ddl.drop_view(name))
        for field in converted:
            await _convert_column(tx, new.name, field)
        for _, statement in views:
            await tx.execute_long(Sql(statement))


def _is_list(collection: Collection, field: Field) -> bool:
    known = collection.by_id.get(field.id)
    return known is not None and known.is_multiple


async def _convert_column(tx: Transaction, table: str, field: Field) -> None:
    temporary = "_" + _temporary_name(field)
    await tx.execute_long(ddl.rename_column(table, field.name, temporary))
    await tx.execute_long(ddl.add_column(table, field.name, field.column.value))
    convert = queries.single_to_multiple if field.is_multiple else queries.multiple_to_single
    await tx.execute_long(convert(table, temporary, field.name))
    await tx.execute_long(ddl.drop_column(table, temporary))


async def _drop_indexes(tx: Transaction, collection: Collection) -> None:
    for statement in collection.indexes:
        name = parse_index(statement).name
        if not name:
            raise SchemaError(f"failed to drop index - missing index name: {statement}")
        await tx.execute_long(ddl.drop_index(name))


async def _create_indexes(tx: Transaction, collection: Collection) -> None:
    errors: dict[str, FieldError] = {}
    for position, statement in enumerate(collection.indexes):
        error = await _create_index(tx, collection.name, statement)
        if error is not None:
            errors[str(position)] = error
    if errors:
        raise ValidationFailed({"indexes": errors})


async def _create_index(tx: Transaction, table: str, statement: str) -> FieldError | None:
    index = replace(parse_index(statement), table=table)
    if not index.is_valid:
        return FieldError(INVALID_INDEX, "Invalid CREATE INDEX expression.")
    try:
        await tx.execute_long(Sql(index.build()))
    except (SqlRejected, ConstraintViolation, UniqueViolation) as error:
        return FieldError(INVALID_INDEX, f"Failed to create index {index.name} - {error}.")
    return None


async def _optimize(tx: Transaction) -> None:
    try:
        await tx.execute_long(ddl.OPTIMIZE)
    except StoreError as error:
        log.warning("statistics for the query planner could not be renewed: %s", error)

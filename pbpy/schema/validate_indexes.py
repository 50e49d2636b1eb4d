"""Validation of the indexes of a collection.

Source: PocketBase core/collection_validate.go checkIndexes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.errors import FieldError
from pbpy.schema.indexes import Index, find_unique_index, parse_index
from pbpy.store import ddl

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.errors import ErrorMap
    from pbpy.schema.collection import Collection

NOT_SUPPORTED = FieldError(
    "validation_indexes_not_supported", "View collections don't support indexes."
)
INVALID_EXPRESSION = FieldError(
    "validation_invalid_index_expression", "Invalid CREATE INDEX expression."
)
DUPLICATED_NAME = FieldError("validation_duplicated_index_name", "The index name already exists.")
DUPLICATED_DEFINITION = FieldError(
    "validation_duplicated_index_definition", "The index definition already exists."
)


async def index_errors(
    ctx: Context, collection: Collection, original: Collection | None
) -> FieldError | ErrorMap | None:
    """Return the error of `indexes` as a whole, or of one index by its position, or None."""
    if collection.is_view and collection.indexes:
        return NOT_SUPPORTED
    if not collection.indexes and not collection.is_auth and original is None:
        return None
    return (
        await _statement_error(ctx, collection, original)
        or (_system_index_error(collection, original) if original is not None else None)
        or (_required_index_error(collection) if collection.is_auth else None)
    )


async def _statement_error(
    ctx: Context, collection: Collection, original: Collection | None
) -> ErrorMap | None:
    foreign = await _foreign_indexes(ctx, collection, original) if collection.indexes else {}
    names: set[str] = set()
    definitions: set[str] = set()
    for position, statement in enumerate(collection.indexes):
        index = replace(parse_index(statement), table="t")
        name = index.name.lower()
        definition = replace(index, name="i", schema="").build()
        error = None
        if not index.is_valid:
            error = INVALID_EXPRESSION
        elif name in names:
            error = DUPLICATED_NAME
        elif name in foreign:
            error = FieldError(
                "validation_existing_index_name",
                f"The index name is already used in {foreign[name]} collection.",
                {"usedTableName": foreign[name]},
            )
        elif definition in definitions:
            error = DUPLICATED_DEFINITION
        if error is not None:
            return {str(position): error}
        names.add(name)
        definitions.add(definition)
    return None


async def _foreign_indexes(
    ctx: Context, collection: Collection, original: Collection | None
) -> dict[str, str]:
    """Return the indexes of all other tables: name in lower case -> table."""
    own = {collection.name.lower(), original.name.lower() if original is not None else ""}
    return {
        name.lower(): table
        for name, table in await ddl.list_indexes(ctx.db)
        if table.lower() not in own
    }


def _system_index_error(collection: Collection, original: Collection) -> FieldError | None:
    """Refuse to lose a unique index over a system field; order and collation may change."""
    system_names = {item.name.lower(): item.name for item in original.fields if item.system}
    present = {_unique_shape(parse_index(item)) for item in collection.indexes}
    for statement in original.indexes:
        index = parse_index(statement)
        covered = [column.name.lower() for column in index.columns]
        named = next((system_names[name] for name in covered if name in system_names), None)
        if index.unique and named is not None and _unique_shape(index) not in present:
            return FieldError(
                "validation_invalid_unique_system_field_index",
                f"Unique index definition on system fields ({named}) is invalid or missing.",
                {"fieldName": named},
            )
    return None


def _unique_shape(index: Index) -> str:
    """Return what makes two unique indexes the same constraint."""
    columns = tuple(replace(column, collate="", sort="") for column in index.columns)
    return replace(index, name="i", table="t", schema="", where="", columns=columns).build()


def _required_index_error(collection: Collection) -> FieldError | None:
    for name in ("tokenKey", "email"):
        if find_unique_index(collection.indexes, name) is None:
            return FieldError(
                "validation_missing_required_unique_index",
                f'Missing required unique index for field "{name}".',
                {"fieldName": name},
            )
    return None

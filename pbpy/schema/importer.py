"""Import of a list of collections: all of them, or none.

Source: PocketBase core/collection_import.go.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pbpy.binding import BindError
from pbpy.errors import FieldError, SchemaError, StoreError, ValidationFailed
from pbpy.fields.date_text import parse_date
from pbpy.schema.checks import errors_tree
from pbpy.schema.delete import delete_collection
from pbpy.schema.field_list import add_field
from pbpy.schema.merge import imported_collection, merged
from pbpy.schema.refresh import refresh_catalog
from pbpy.schema.save import save_collection_no_validate
from pbpy.schema.validate import validate_collection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


async def import_collections(
    ctx: Context, submitted: Sequence[Mapping[str, JsonValue]], *, delete_missing: bool = False
) -> None:
    """Create and update collections from their JSON form; views come last.

    Args:
        ctx: the application.
        submitted: found by `id`, else by `name`; merged over what is stored.
        delete_missing: whether collections and fields that are not submitted are deleted with
            their data, system ones excepted.

    Raises:
        ValidationFailed: keyed `collections`, or `indexes` when one cannot be created.
        SchemaError: the list is empty, has another shape, or the database refuses.
    """
    if not submitted:
        raise SchemaError("no collections to import")
    await refresh_catalog(ctx)
    try:
        ordered = [_imported(ctx.catalog, body, delete_missing) for body in submitted]
    except BindError as error:
        raise SchemaError(str(error)) from error
    imported = [item for _, item in sorted(ordered, key=lambda pair: pair[0])]
    async with ctx.transaction() as tx_ctx:
        before = tx_ctx.catalog
        if delete_missing:
            await _delete_others(tx_ctx, {item.id for item in imported})
        saved = [await _saved(tx_ctx, item) for item in imported]
        for item in saved:
            await _validate(tx_ctx, item, before.by_id(item.id) or item)


_Order = tuple[bool, str, str]


def _imported(
    catalog: Catalog, body: Mapping[str, JsonValue], delete_missing: bool
) -> tuple[_Order, Collection]:
    """Return the new state of one collection and its place in the order of saving."""
    existing = catalog.find(_text(body.get("id")) or _text(body.get("name")))
    if existing is None:
        collection = imported_collection(body)
    else:
        if delete_missing and body.get("fields") is None:
            body = {**body, "fields": []}
        collection = _with_kept_fields(merged(existing, body), existing, delete_missing)
        if collection.id != existing.id:
            raise _save_failure(collection, "primary key change is not allowed")
    return (
        collection.is_view,
        _moment(body, "created", collection.created),
        _moment(body, "updated", collection.updated),
    ), collection


def _text(value: JsonValue) -> str:
    """Return an identifier as text; a number is one, too."""
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return ""
    return str(value)


def _moment(body: Mapping[str, JsonValue], name: str, stored: str) -> str:
    value = body.get(name)
    return parse_date(value) if isinstance(value, str) else stored


def _with_kept_fields(
    collection: Collection, existing: Collection, delete_missing: bool
) -> Collection:
    """Return the collection with the stored fields that are not to be deleted.

    PocketBase: a stored field wins over a submitted one of its name and type that has another
    id, so that its column is kept.
    """
    fields = collection.fields
    for item in existing.fields:
        if any(known.id == item.id for known in fields) or (delete_missing and not item.system):
            continue
        same = next((f for f in fields if f.name == item.name and f.type == item.type), None)
        if same is None:
            fields = add_field(fields, item)
        else:
            fields = tuple(item if known is same else known for known in fields)
    return collection.replace(fields=fields)


async def _delete_others(ctx: Context, kept_ids: set[str]) -> None:
    others = [item for item in ctx.catalog.collections if item.id not in kept_ids]
    for collection in sorted(others, key=lambda item: item.updated):
        if not collection.system:
            await delete_collection(ctx, collection, with_checks=False)


async def _saved(ctx: Context, collection: Collection) -> Collection:
    try:
        return await save_collection_no_validate(ctx, collection)
    except (SchemaError, StoreError) as error:
        raise _save_failure(collection, error) from error


def _save_failure(collection: Collection, reason: object) -> SchemaError:
    return SchemaError(f'failed to save collection "{collection.name}": {reason}')


async def _validate(ctx: Context, collection: Collection, original: Collection) -> None:
    try:
        await validate_collection(ctx, collection, original)
    except ValidationFailed as error:
        tree = json.dumps(errors_tree(error.errors), indent=2, sort_keys=True, ensure_ascii=False)
        message = (
            f'Data validations failed for collection "{collection.name}" ({collection.id}):\n{tree}'
        )
        raise ValidationFailed({"collections": import_failure(message)}) from error


def import_failure(message: str) -> FieldError:
    """Return the error of an import with this message."""
    return FieldError("validation_collections_import_failure", message + ".")

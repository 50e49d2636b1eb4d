"""Deleting of a collection with its table, its files and what system tables keep of it.

Source: PocketBase core/collection_model.go onCollectionDeleteExecute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import SchemaError
from pbpy.fields.relation import Relation
from pbpy.hooks.models import CollectionMoment
from pbpy.schema import queries
from pbpy.schema.collection import REFERENCE_COLLECTIONS
from pbpy.schema.lifecycle import tell_failure, tell_success_later
from pbpy.schema.refresh import refresh_catalog
from pbpy.schema.save import check_dependent_views
from pbpy.schema.table_sync import drop_table

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


def names_of_referrers(catalog: Catalog, collection: Collection) -> list[str]:
    """Return the names of other collections, views too, with relations to this one."""
    return [
        other.name
        for other in catalog.collections
        if other.id != collection.id
        and any(
            isinstance(item, Relation) and item.collection_id == collection.id
            for item in other.fields
        )
    ]


async def delete_collection(
    ctx: Context, collection: Collection, *, with_checks: bool = True
) -> None:
    """Delete a collection and all its records.

    Args:
        ctx: the application.
        collection: a stored collection.
        with_checks: whether references and dependent views forbid it.

    Raises:
        SchemaError: it is a system collection, or others depend on it; nothing is deleted.
    """

    async def delete(ctx: Context, model: Collection) -> None:
        await CollectionMoment("delete_execute").run(ctx, model, execute)

    async def execute(ctx: Context, model: Collection) -> None:
        await _execute(ctx, model, with_checks=with_checks)

    try:
        async with ctx.transaction() as tx_ctx:
            await refresh_catalog(tx_ctx)
            await CollectionMoment("delete").run(tx_ctx, collection, delete)
            tell_success_later(ctx, tx_ctx, "delete", lambda: collection)
    except Exception as error:
        await tell_failure(ctx, "delete", collection, error)
        raise


async def _execute(ctx: Context, collection: Collection, *, with_checks: bool) -> None:
    if collection.system:
        raise SchemaError(f"[{collection.name}] system collections cannot be deleted")
    if with_checks:
        _refuse_references(ctx.catalog, collection)
    await drop_table(ctx.tx, collection)
    ctx.replace_catalog(ctx.catalog.without_collection(collection.id))
    if with_checks:
        await check_dependent_views(ctx, collection)
    await queries.delete_collection_row(ctx.tx, collection.id)
    if collection.is_auth:
        for table in REFERENCE_COLLECTIONS:
            await ctx.tx.execute(queries.delete_rows_of_collection(table, collection.id))
    if not collection.is_view:
        storage = ctx.storage
        ctx.tx.after_commit(lambda: storage.delete_prefix(collection.id))


def _refuse_references(catalog: Catalog, collection: Collection) -> None:
    names = names_of_referrers(catalog, collection)
    if names:
        raise SchemaError(
            f"[{collection.name}] failed to delete due to existing relation references: "
            + ", ".join(names)
        )

"""Make sure that a change starts from what the database holds, whoever wrote it last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.schema import queries
from pbpy.schema.stored import catalog_from_rows

if TYPE_CHECKING:
    from pbpy.context import Context


async def refresh_catalog(ctx: Context) -> None:
    """Read all collections anew when another process has changed one.

    Inside a transaction nobody can change them afterwards.

    Raises:
        SchemaError: a row cannot be loaded.
    """
    known = [(item.id, item.updated) for item in ctx.catalog.collections]
    if await queries.collection_versions(ctx.db) == known:
        return
    if ctx.in_transaction:
        ctx.replace_catalog(catalog_from_rows(await queries.load_collection_rows(ctx.db)))
    else:
        await ctx.reload_catalog()

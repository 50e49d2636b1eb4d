"""Delete all records of a collection, one by one with their hooks and cascades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.errors import BadRequest
from pbpy.records import queries
from pbpy.records.cascade import RequiredReference
from pbpy.records.record import Record
from pbpy.records.save import delete_record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.collection import Collection

_BATCH: Final = 500


async def truncate_collection(ctx: Context, collection: Collection) -> None:
    """Delete every record, all or none.

    Raises:
        BadRequest: the collection is a view, or a required relation points to a record.
    """
    if collection.is_view:
        raise BadRequest(
            "View collections cannot be truncated since they don't store their own records."
        )
    try:
        async with ctx.transaction() as bound:
            await _delete_all(bound, collection)
    except RequiredReference as error:
        raise BadRequest(
            "Failed to truncate collection (most likely due to required cascade delete record "
            "references)."
        ) from error


async def _delete_all(ctx: Context, collection: Collection) -> None:
    while rows := await ctx.db.all(queries.select_batch(collection, _BATCH)):
        for row in rows:
            record = Record.from_row(collection, row)
            # An earlier one of the batch may have taken it along.
            if await ctx.db.one(queries.select_record(collection, record.id)):
                await delete_record(ctx, record)

"""What the deletion of a record does to the records that point to it.

Source: PocketBase core/record_model.go cascadeRecordDelete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from pbpy.errors import BadRequest
from pbpy.records import queries
from pbpy.records.record import Record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.fields.relation import Relation
    from pbpy.records.auth_effects import DeleteRecord

_BATCH: Final = 4000


class RequiredReference(BadRequest):
    """A required relation would become empty; PocketBase's sentence for a single delete."""

    def __init__(self) -> None:
        super().__init__(
            "Failed to delete record. Make sure that the record is not part of a required "
            "relation reference."
        )


class SaveRecord(Protocol):
    """`records.save.save_record`, which itself needs this module."""

    async def __call__(self, ctx: Context, record: Record, *, validate: bool = True) -> None:
        """Save a record with hooks."""


async def cascade(ctx: Context, record: Record, save: SaveRecord, delete: DeleteRecord) -> None:
    """Take the id of a deleted record out of all relations; ctx is bound.

    A relation that becomes empty takes its record along when it cascades.

    Raises:
        RequiredReference: a required relation would become empty.
    """
    for collection, relation in ctx.catalog.references_to(record.collection.id):
        but = record.id if collection.id == record.collection.id else ""
        while True:
            rows = await ctx.db.all(
                queries.select_referrers(collection, relation, record.id, but=but, limit=_BATCH)
            )
            for row in rows:
                referrer_id = Record.from_row(collection, row).id
                # An earlier one of the batch may have changed it or taken it along.
                now = await ctx.db.one(queries.select_record(collection, referrer_id))
                if now is not None:
                    referrer = Record.from_row(collection, now)
                    await _release(ctx, record, referrer, relation, save, delete)
            if len(rows) < _BATCH:
                break


async def _release(  # both ends and both ways out
    ctx: Context,
    record: Record,
    referrer: Record,
    relation: Relation,
    save: SaveRecord,
    delete: DeleteRecord,
) -> None:
    left = [item for item in relation.chosen(referrer.get(relation.name)) if item != record.id]
    if not left and relation.cascade:
        await delete(ctx, referrer)
        return
    if not left and relation.required:
        raise RequiredReference
    referrer.set_raw(relation.name, left)
    await save(ctx, referrer, validate=False)

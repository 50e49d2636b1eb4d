"""Finds auth records by what people call themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.auth.queries import select_by_identity
from pbpy.records.record import Record
from pbpy.schema.indexes import find_unique_index

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.collection import Collection


async def find_by_email(ctx: Context, collection: Collection, email: str) -> Record | None:
    """Return the record with this email, or None; the unique index decides about its case."""
    return await find_by_field(ctx, collection, "email", email)


async def find_by_field(
    ctx: Context, collection: Collection, name: str, value: str
) -> Record | None:
    """Return the record with this value, or None; the unique index decides about case."""
    index = find_unique_index(collection.indexes, name)
    ignore_case = index is not None and index.columns[0].collate.upper() == "NOCASE"
    row = await ctx.db.one(select_by_identity(collection, name, value, ignore_case=ignore_case))
    return None if row is None else Record.from_row(collection, row)

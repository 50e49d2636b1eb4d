"""The innermost part of a save: one row into the database, in an open transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.errors import FieldError, NotFound, UniqueViolation, ValidationFailed
from pbpy.records import queries
from pbpy.records.layout import layout_of

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.record import Record

_NOT_UNIQUE: Final = FieldError("validation_not_unique", "Value must be unique.")
_INVALID_AUTH_ID: Final = FieldError(
    "validation_invalid_auth_id", "Invalid or duplicated auth record id."
)


async def hash_passwords(ctx: Context, record: Record) -> None:
    """Replace new plain passwords by their hashes; takes milliseconds in a thread."""
    for item, value in record.unhashed_passwords():
        hashed = await ctx.hash_password(value.plain, item.cost)
        record.set_raw(item.name, value.with_hash(hashed))


async def insert(ctx: Context, record: Record) -> None:
    """Write a new record.

    Raises:
        ValidationFailed: a value must be unique and is not.
    """
    if names := layout_of(record.collection).dates_on_create:
        record.stamp(names, ctx.now())
    if record.collection.is_auth:
        elsewhere = queries.find_id_elsewhere(ctx.catalog, record.collection, record.id)
        if elsewhere is not None and await ctx.db.one(elsewhere):
            raise ValidationFailed({"id": _INVALID_AUTH_ID})
    try:
        await ctx.tx.execute(queries.insert_record(record.collection, record.export_row()))
    except UniqueViolation as error:
        raise _not_unique(record, error) from error
    record.is_new = False


def touch(ctx: Context, record: Record) -> None:
    """Set the dates that every update sets."""
    if names := layout_of(record.collection).dates_on_update:
        record.stamp(names, ctx.now())


async def update(ctx: Context, record: Record) -> None:
    """Write the changed columns of a stored record.

    Raises:
        ValidationFailed: as for `insert`.
        NotFound: the record is gone.
    """
    touch(ctx, record)
    changed = record.changed_names()
    if not changed:
        return
    positions = layout_of(record.collection).positions
    row = record.export_row()
    changed.sort()  # one statement for one set of names
    values = [row[positions[name]] for name in changed]
    try:
        count = await ctx.tx.execute(
            queries.update_record(record.collection, record.original_id, changed, values)
        )
    except UniqueViolation as error:
        raise _not_unique(record, error) from error
    if not count:
        raise NotFound


def _not_unique(record: Record, error: UniqueViolation) -> Exception:
    """Return the error that the client gets; error itself where no field is to blame."""
    names = [name for name in layout_of(record.collection).positions if name in error.columns]
    return ValidationFailed(dict.fromkeys(names, _NOT_UNIQUE)) if names else error

"""What the update of an auth record brings along: new token keys, ended sessions.

Source: PocketBase core/record_model.go onRecordSaveExecute and the hooks of core/otp_model.go,
mfa_model.go, external_auth_model.go, auth_origin_model.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pbpy.records import queries
from pbpy.records.record import Record
from pbpy.schema.collection import REFERENCE_COLLECTIONS

if TYPE_CHECKING:
    from pbpy.context import Context


class DeleteRecord(Protocol):
    """`records.save.delete_record`, which itself needs this module."""

    async def __call__(self, ctx: Context, record: Record) -> None:
        """Delete a record with hooks and cascade."""


async def prepare_auth_update(ctx: Context, record: Record, delete: DeleteRecord) -> None:
    """Refresh the token key where the change must end all tokens; ctx is bound.

    The original values of record are those of this transaction.
    """
    key_is_old = record.original("tokenKey") == record.token_key
    is_new_secret = _has_new_password(record) or record.original("email") != record.email
    if key_is_old and is_new_secret:
        record.refresh_token_key()
    becomes_verified = record.verified and not record.original("verified")
    # Whoever linked accounts before the email was proven may be someone else.
    if becomes_verified and await delete_references(ctx, record, delete, "_externalAuths"):
        record.refresh_token_key()


async def finish_auth_update(ctx: Context, record: Record, delete: DeleteRecord) -> None:
    """End what a new password or token key ends; ctx is bound, the row is written."""
    if record.original("tokenKey") != record.token_key:
        await delete_references(ctx, record, delete, "_otps")
    if _has_new_password(record):
        await delete_references(ctx, record, delete, "_mfas", "_authOrigins")


async def delete_references(
    ctx: Context,
    record: Record,
    delete: DeleteRecord,
    *names: str,
) -> int:
    """Delete the system records that belong to an auth record; return how many there were.

    Without names: in all collections of such records.
    """
    count = 0
    for name in names or REFERENCE_COLLECTIONS:
        collection = ctx.catalog.find(name)
        if collection is None:
            continue
        values = {"collectionRef": record.collection.id, "recordRef": record.id}
        for row in await ctx.db.all(queries.select_by_values(collection, values)):
            await delete(ctx, Record.from_row(collection, row))
            count += 1
    return count


def _has_new_password(record: Record) -> bool:
    return bool(record.original("password").hash != record.password_hash)

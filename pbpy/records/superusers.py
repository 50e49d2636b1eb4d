"""What PocketBase guarantees about superusers: one is always left, the installer's leaves.

Source: PocketBase core/record_model_superusers.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.errors import BadRequest
from pbpy.records import queries
from pbpy.records.record import Record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.auth_effects import DeleteRecord

INSTALLER_EMAIL: Final = "__pbinstaller@example.com"


async def require_another_superuser(ctx: Context, record: Record) -> None:
    """Check that record is not the only superuser; ctx is bound.

    Raises:
        BadRequest: it is.
    """
    if await ctx.db.value(queries.count_all(record.collection)) == 1:
        raise BadRequest("You can't delete the only existing superuser")


async def drop_installer(ctx: Context, created: Record, delete: DeleteRecord) -> None:
    """Delete the superuser of the installer once there is a real one; ctx is bound."""
    if created.email == INSTALLER_EMAIL:
        return
    row = await ctx.db.one(queries.select_by_values(created.collection, {"email": INSTALLER_EMAIL}))
    if row is not None:
        await delete(ctx, Record.from_row(created.collection, row))

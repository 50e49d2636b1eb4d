"""Removes one-time passwords and half-finished sign-ins that are too old to be used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pbpy.auth.queries import select_older
from pbpy.datetimes import format_datetime
from pbpy.errors import NotFound
from pbpy.records.record import Record
from pbpy.records.save import delete_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.context import Context
    from pbpy.schema.auth_options import AuthOptions


async def delete_expired_otps(ctx: Context) -> None:
    """Delete the one-time passwords that no longer count."""
    await _delete_older(ctx, "_otps", lambda options: options.otp.duration)


async def delete_expired_mfas(ctx: Context) -> None:
    """Delete the MFA sessions that no longer count."""
    await _delete_older(ctx, "_mfas", lambda options: options.mfa.duration)


def age_s(record: Record) -> float:
    """Return how long ago a record was created."""
    return (datetime.now(UTC) - datetime.fromisoformat(record.get("created"))).total_seconds()


async def _delete_older(ctx: Context, name: str, duration: Callable[[AuthOptions], int]) -> None:
    collection = ctx.catalog.get(name)
    for owner in ctx.catalog.collections:
        if owner.auth is None:
            continue
        # Also where the method is disabled by now: what was left of it is of no use.
        oldest = datetime.now(UTC) - timedelta(seconds=duration(owner.auth))
        query = select_older(collection, owner.id, format_datetime(oldest))
        for row in await ctx.db.all(query):
            try:
                await delete_record(ctx, Record.from_row(collection, row))
            except NotFound:
                continue  # used or swept meanwhile

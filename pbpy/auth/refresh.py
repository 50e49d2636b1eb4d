"""auth-refresh: a new token for a record that is signed in already."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.auth.respond import AuthResult, complete_sign_in
from pbpy.auth.tokens import issue_auth_token, read_claims
from pbpy.errors import InternalError
from pbpy.hooks.events import RecordRequestEvent

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo


async def auth_refresh(ctx: Context, info: RequestInfo, record: Record, token: str) -> AuthResult:
    """Return the record with a new token, or with the same one when it is not refreshable.

    Raises:
        Forbidden: the auth rule does not let the record in any more.
    """
    event = RecordRequestEvent(cast("App", ctx), info, record.collection, record)
    result: AuthResult | None = None

    async def refresh(final: RecordRequestEvent) -> None:
        nonlocal result
        is_refreshable = bool(read_claims(token).get("refreshable"))
        fresh = issue_auth_token(final.record) if is_refreshable else token
        result = await complete_sign_in(ctx, info, final.record, fresh)

    await ctx.hooks.on_record_auth_refresh_request.trigger(event, refresh)
    if result is None:
        raise InternalError  # a handler ended the chain and answered nothing
    return result

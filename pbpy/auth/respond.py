"""The common end of every sign-in: auth rule, hook, MFA, enrichment.

Source: PocketBase apis/record_helpers.go recordAuthResponse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from pbpy.auth.mfa import check_mfa
from pbpy.errors import Forbidden, JsonValue
from pbpy.hooks.events import RecordAuthRequestEvent
from pbpy.records.enrich import enrich_auth_record
from pbpy.records.rules import satisfies_rule

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo


@dataclass(frozen=True, slots=True)
class AuthResult:
    """A completed sign-in: the enriched record, its token, and the meta of OAuth2 or None."""

    record: Record
    token: str
    meta: JsonValue = None


async def complete_sign_in(  # the parts of one sign-in
    ctx: Context,
    info: RequestInfo,
    record: Record,
    token: str,
    *,
    method: str = "",
    mfa_id: str = "",
    meta: JsonValue = None,
) -> AuthResult:
    """Return what the client gets; method "" means no MFA (refresh, impersonation).

    The rule sees the request as it came: `@request.auth` is the token's record, not the one
    which signs in.

    Raises:
        Forbidden: the collection's authRule does not let the record in.
        MfaRequired, BadRequest: see `auth.mfa.check_mfa`.
    """
    options = record.collection.auth
    rule = options.auth_rule if options else None
    if rule is None or (rule and not await satisfies_rule(ctx, info, record, rule)):
        raise Forbidden("The request doesn't satisfy the collection requirements to authenticate.")
    result = AuthResult(record, token, meta)
    event = RecordAuthRequestEvent(
        cast("App", ctx), info, record.collection, record, token=token, method=method, meta=meta
    )

    async def finish(final: RecordAuthRequestEvent) -> None:
        nonlocal result
        await check_mfa(ctx, info, final.record, final.method, mfa_id)
        await enrich_auth_record(ctx, replace(info, auth=final.record), final.record)
        result = AuthResult(final.record, final.token, final.meta)

    await ctx.hooks.on_record_auth_request.trigger(event, finish)
    return result

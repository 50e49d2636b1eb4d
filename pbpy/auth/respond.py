"""The common end of every sign-in: auth rule, hook, MFA, enrichment, login alert.

Source: PocketBase apis/record_helpers.go recordAuthResponse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from pbpy.auth.mfa import check_mfa
from pbpy.auth.origins import note_origin
from pbpy.errors import Forbidden, JsonValue
from pbpy.hooks.events import RecordAuthRequestEvent
from pbpy.records.enrich import enrich_auth_record
from pbpy.records.rules import satisfies_rule
from pbpy.settings.addresses import is_listed

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
    """Return what the client gets; method "" means no MFA and no alert (refresh, impersonation).

    The rule sees the request as it came: `@request.auth` is the token's record, not the one
    which signs in.

    Raises:
        Forbidden: the collection's authRule does not let the record in, or superusers may not
            come from this address.
        MfaRequired, BadRequest: see `auth.mfa.check_mfa`.
    """
    await _require_access(ctx, info, record)
    result = AuthResult(record, token, meta)
    event = RecordAuthRequestEvent(
        cast("App", ctx), info, record.collection, record, token=token, method=method, meta=meta
    )

    async def finish(final: RecordAuthRequestEvent) -> None:
        nonlocal result
        inner = cast("Context", final.app)
        await check_mfa(inner, info, final.record, final.method, mfa_id)
        await enrich_auth_record(inner, replace(info, auth=final.record), final.record)
        options = record.collection.auth
        if final.method and options is not None and options.auth_alert.enabled:
            await note_origin(inner, info, final.record)
        result = AuthResult(final.record, final.token, final.meta)

    await ctx.hooks.on_record_auth_request.trigger(event, finish)
    return result


async def _require_access(ctx: Context, info: RequestInfo, record: Record) -> None:
    allowed = ctx.settings.superuser_ips
    if record.is_superuser and allowed and not is_listed(allowed, info.real_ip):
        raise Forbidden
    options = record.collection.auth
    if options is None or not await satisfies_rule(ctx, info, record, options.auth_rule):
        raise Forbidden("The request doesn't satisfy the collection requirements to authenticate.")

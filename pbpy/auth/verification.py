"""Proving that an email is one's own, by a link that comes by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pbpy.auth.forms import check_email, check_token, claim, require_valid, save_once
from pbpy.auth.identities import find_by_email
from pbpy.auth.mails import send_verification
from pbpy.auth.passwords import random_password
from pbpy.errors import REQUIRED, BadRequest, FieldError
from pbpy.fields.casts import to_text
from pbpy.hooks.events import RecordRequestEvent

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_KIND: Final = "verification"
_NO_CLAIM: Final = FieldError("validation_invalid_token_claims", "Missing email token claim.")
_OTHER_EMAIL: Final = FieldError(
    "validation_token_email_mismatch",
    "The record email doesn't match with the requested token claims.",
)


def require_unverified_kind(collection: Collection) -> None:
    """Return when records of collection can be verified.

    Raises:
        BadRequest: they are superusers.
    """
    if collection.is_superusers:
        raise BadRequest("All superusers are verified by default.")


async def request_verification(
    ctx: Context, info: RequestInfo, collection: Collection, email: str
) -> JsonValue:
    """Mail a link to the record with this email, in the background.

    Nothing happens, and the client cannot tell, when there is no such record, when it is
    verified, or when it got such a mail in the last two minutes.

    Returns:
        What a handler answers instead of nothing.

    Raises:
        BadRequest: email is no address, or the collection is of superusers.
    """
    require_unverified_kind(collection)
    require_valid({"email": check_email(email)})
    record = await find_by_email(ctx, collection, email)
    if record is None:
        return None
    pause = (_KIND, collection.id, record.id)
    if not record.verified and not ctx.limits.resend.begin(*pause):
        return None
    event = RecordRequestEvent(cast("App", ctx), info, collection, record)
    is_sent = False

    async def send(final: RecordRequestEvent) -> None:
        nonlocal is_sent
        if not final.record.verified:
            work = send_verification(ctx.unbound, final.record)
            is_sent = ctx.background.start(work, "verification mail")

    try:
        await ctx.hooks.on_record_request_verification_request.trigger(event, send)
    finally:
        if not is_sent:
            ctx.limits.resend.end(*pause)
    return event.response


async def confirm_verification(
    ctx: Context, info: RequestInfo, collection: Collection, token: str
) -> JsonValue:
    """Mark the token's record as verified; a second time changes nothing.

    Returns:
        What a handler answers instead of nothing.

    Raises:
        BadRequest: the token proves nothing, or the collection is of superusers.
    """
    require_unverified_kind(collection)
    record = await _check(ctx, collection, token)
    was_verified = record.verified
    event = RecordRequestEvent(cast("App", ctx), info, collection, record)

    async def verify(final: RecordRequestEvent) -> None:
        if not was_verified:
            await _verify(cast("Context", final.app), final.record)
        ctx.limits.resend.end(_KIND, collection.id, final.record.id)

    await ctx.hooks.on_record_confirm_verification_request.trigger(event, verify)
    return event.response


async def _check(ctx: Context, collection: Collection, token: str) -> Record:
    """Return the record whose email the token proves.

    Raises:
        BadRequest: it proves nothing.
    """
    if not token:
        require_valid({"token": REQUIRED})
    email = to_text(claim(token, "email"))
    if not email:
        require_valid({"token": _NO_CLAIM})
    record, error = await check_token(ctx, collection, token, _KIND)
    if record is not None and record.email != email:
        error = _OTHER_EMAIL
    require_valid({"token": error})
    return cast("Record", record)


async def _verify(ctx: Context, record: Record) -> None:
    record.set_raw("verified", True)
    options = record.collection.auth
    if options is not None and not options.password_auth.enabled:
        # It may be that of somebody who registered the email before its owner came.
        record.set_password(random_password())
    await save_once(ctx, record, "An error occurred while saving the verified state.")

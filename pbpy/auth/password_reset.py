"""A new password for who has lost the old one, by a link that comes by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pbpy.auth.forms import (
    MAX_BYTES,
    check_email,
    check_text,
    check_token,
    claim,
    require_valid,
    save_once,
)
from pbpy.auth.identities import find_by_email
from pbpy.auth.mails import send_password_reset
from pbpy.errors import REQUIRED, BadRequest
from pbpy.fields.casts import to_text
from pbpy.fields.password import Password
from pbpy.hooks.events import RecordRequestEvent
from pbpy.schema.checks import VALUES_MISMATCH

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import FieldError, JsonValue
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_KIND: Final = "passwordReset"


def require_passwords(collection: Collection) -> None:
    """Return when records of collection may sign in by password.

    Raises:
        BadRequest: they may not.
    """
    if collection.auth is None or not collection.auth.password_auth.enabled:
        raise BadRequest("The collection is not configured to allow password authentication.")


async def request_password_reset(
    ctx: Context, info: RequestInfo, collection: Collection, email: str
) -> JsonValue:
    """Mail a link to the record with this email, in the background.

    Nothing happens, and the client cannot tell, when there is no such record, or when it got
    such a mail in the last two minutes.

    Returns:
        What a handler answers instead of nothing.

    Raises:
        BadRequest: email is no address, or passwords are disabled.
    """
    require_passwords(collection)
    require_valid({"email": check_email(email)})
    record = await find_by_email(ctx, collection, email)
    if record is None:
        return None
    pause = (_KIND, collection.id, record.id)
    if not ctx.limits.resend.begin(*pause):
        return None
    event = RecordRequestEvent(cast("App", ctx), info, collection, record)
    is_sent = False

    async def send(final: RecordRequestEvent) -> None:
        nonlocal is_sent
        work = _deliver(ctx.unbound, final.record, pause)
        is_sent = ctx.background.start(work, "password reset mail")

    try:
        await ctx.hooks.on_record_request_password_reset_request.trigger(event, send)
    finally:
        if not is_sent:
            ctx.limits.resend.end(*pause)
    return event.response


async def _deliver(ctx: Context, record: Record, pause: tuple[str, ...]) -> None:
    try:
        await send_password_reset(ctx, record)
    except BaseException:
        ctx.limits.resend.end(*pause)
        raise


async def confirm_password_reset(
    ctx: Context,
    info: RequestInfo,
    collection: Collection,
    *,
    token: str,
    password: str,
    password_confirm: str,
) -> JsonValue:
    """Give the token's record a new password, which ends the token and all others.

    Returns:
        What a handler answers instead of nothing.

    Raises:
        BadRequest: the form has errors, the token proves nothing, or no longer, or the
            password is refused.
    """
    record = await _check(ctx, collection, token, password, password_confirm)
    event = RecordRequestEvent(cast("App", ctx), info, collection, record)

    async def change(final: RecordRequestEvent) -> None:
        # PocketBase: a handler cannot put another record in the place of the token's.
        record.set_password(password)
        if not record.verified and record.email == to_text(claim(token, "email")):
            record.set_raw("verified", True)
        await save_once(cast("Context", final.app), record, "Failed to set new password.")
        ctx.limits.resend.end(_KIND, collection.id, record.id)

    await ctx.hooks.on_record_confirm_password_reset_request.trigger(event, change)
    return event.response


async def _check(
    ctx: Context, collection: Collection, token: str, password: str, password_confirm: str
) -> Record:
    """Return the record that may be given the password.

    Raises:
        BadRequest: a key of the form has an error.
    """
    record: Record | None = None
    token_error: FieldError | None = REQUIRED
    if token:
        record, token_error = await check_token(ctx, collection, token, _KIND)
    item = collection.by_name.get("password")
    shortest = max(item.min, 1) if isinstance(item, Password) else 1
    confirm_error = REQUIRED if not password_confirm else None
    if password_confirm and password_confirm != password:
        confirm_error = VALUES_MISMATCH
    require_valid(
        {
            "token": token_error,
            "password": check_text(password, MAX_BYTES, shortest),
            "passwordConfirm": confirm_error,
        }
    )
    return cast("Record", record)

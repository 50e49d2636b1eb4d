"""Another email for a signed-in record, by a link that goes to the new address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pbpy.auth.forms import (
    check_email,
    check_text,
    check_token,
    claim,
    require_valid,
    save_once,
)
from pbpy.auth.identities import find_by_email
from pbpy.auth.mails import send_email_change
from pbpy.errors import REQUIRED, BadRequest, FieldError, MailError, Unauthorized
from pbpy.fields.rule_errors import rule_error
from pbpy.hooks.auth_events import EmailChangeRequestEvent

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_KIND: Final = "emailChange"
_MAX_PASSWORD_BYTES: Final = 100
_NO_CLAIM: Final = FieldError(
    "validation_invalid_token_payload", "Invalid token payload - newEmail must be set."
)
_TAKEN: Final = FieldError("validation_invalid_new_email", "Invalid new email address.")
_TAKEN_MEANWHILE: Final = FieldError(
    "validation_invalid_token_email", "The new email address is invalid."
)
_WRONG_PASSWORD: Final = FieldError(
    "validation_invalid_password", "Missing or invalid auth record password."
)


def require_changeable(collection: Collection) -> None:
    """Return when records of collection change their email in this way.

    Raises:
        BadRequest: they are superusers.
    """
    if collection.is_superusers:
        raise BadRequest("All superusers can change their emails directly.")


async def request_email_change(
    ctx: Context, info: RequestInfo, collection: Collection, new_email: str
) -> JsonValue:
    """Mail a link to the new address of the signed-in record, and wait for it.

    Returns:
        What a handler answers instead of nothing.

    Raises:
        Unauthorized: nobody is signed in.
        BadRequest: the address is refused, the mail was not sent, or the collection is of
            superusers.
    """
    require_changeable(collection)
    record = info.auth
    if record is None:
        raise Unauthorized("The request requires valid auth record.")
    require_valid({"newEmail": await _check_new_email(ctx, record, new_email)})
    event = EmailChangeRequestEvent(cast("App", ctx), info, collection, record, new_email=new_email)

    async def send(final: EmailChangeRequestEvent) -> None:
        try:
            await send_email_change(cast("Context", final.app), final.record, final.new_email)
        except MailError as error:
            ctx.log.warning("email change mail of %r failed: %s", final.record, error)
            raise BadRequest("Failed to request email change.") from error

    await ctx.hooks.on_record_request_email_change_request.trigger(event, send)
    return event.response


async def _check_new_email(ctx: Context, record: Record, new_email: str) -> FieldError | None:
    if error := check_email(new_email):
        return error
    if new_email == record.email:
        return rule_error("not_in_invalid", "must not be in list")
    found = await find_by_email(ctx, record.collection, new_email)
    return _TAKEN if found is not None and found.id != record.id else None


async def confirm_email_change(
    ctx: Context, info: RequestInfo, collection: Collection, *, token: str, password: str
) -> JsonValue:
    """Give the token's record its new email, which ends the token and all others.

    Returns:
        What a handler answers instead of nothing.

    Raises:
        BadRequest: the token proves nothing, or no longer, the password is wrong, or the
            email is refused.
    """
    require_changeable(collection)
    record, new_email = await _check(ctx, collection, token, password)
    event = EmailChangeRequestEvent(cast("App", ctx), info, collection, record, new_email=new_email)

    async def change(final: EmailChangeRequestEvent) -> None:
        final.record.set_raw("email", final.new_email)
        final.record.set_raw("verified", True)
        inner = cast("Context", final.app)
        await save_once(inner, final.record, "Failed to confirm email change.")

    await ctx.hooks.on_record_confirm_email_change_request.trigger(event, change)
    return event.response


async def _check(
    ctx: Context, collection: Collection, token: str, password: str
) -> tuple[Record, str]:
    """Return the record and its new email.

    Whether the new email is taken shows only to who has a token signed for it (SEC-11).

    Raises:
        BadRequest: a key of the form has an error.
    """
    claimed = claim(token, "newEmail")
    new_email: str = claimed if isinstance(claimed, str) else ""
    record: Record | None = None
    token_error: FieldError | None = _NO_CLAIM if token else REQUIRED
    if new_email:
        record, token_error = await check_token(ctx, collection, token, _KIND)
    if record is not None and await find_by_email(ctx, collection, new_email) is not None:
        record, token_error = None, _TAKEN_MEANWHILE
    password_error = check_text(password, _MAX_PASSWORD_BYTES)
    if password_error is None and (
        record is None or not await ctx.verify_password(password, record.password_hash)
    ):
        password_error = _WRONG_PASSWORD
    require_valid({"token": token_error, "password": password_error})
    return cast("Record", record), new_email

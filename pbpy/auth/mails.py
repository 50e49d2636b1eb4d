"""The mails of the sign-in flows: template, hook, delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pbpy.auth.tokens import issue_token
from pbpy.errors import MailError, NotFound, PbpyError
from pbpy.fields.casts import to_text
from pbpy.hooks.auth_events import MailerRecordEvent
from pbpy.mail.mailer import Address, Message
from pbpy.mail.templates import escape_html, fill, wrap
from pbpy.records.find import find_record
from pbpy.records.save import save_record
from pbpy.records.superusers import INSTALLER_EMAIL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.hooks.hook import Hook
    from pbpy.records.record import Record
    from pbpy.schema.auth_options import AuthOptions, EmailTemplate

_SAFE_TYPES: Final = frozenset(("autodate", "date", "bool", "number"))
_STRUCTURED_TYPES: Final = frozenset(("json", "geoPoint"))


async def send_verification(ctx: Context, record: Record) -> None:
    """Mail a link that proves the record's email to be its own.

    Raises:
        MailError: it was not sent.
    """
    token = issue_token(record, "verification", email=record.email)
    await _send_token(
        ctx,
        record,
        _options(record).verification_template,
        ctx.hooks.on_mailer_record_verification_send,
        token,
    )


async def send_password_reset(ctx: Context, record: Record) -> None:
    """Mail a link that sets a new password.

    Raises:
        MailError: it was not sent; never to the installer's address, which is nobody's.
    """
    if record.is_superuser and record.email == INSTALLER_EMAIL:
        raise MailError("the installer's superuser has no password to reset")
    token = issue_token(record, "passwordReset", email=record.email)
    await _send_token(
        ctx,
        record,
        _options(record).reset_password_template,
        ctx.hooks.on_mailer_record_password_reset_send,
        token,
    )


async def send_email_change(ctx: Context, record: Record, new_email: str) -> None:
    """Mail a link to the new address that makes it the record's email.

    Raises:
        MailError: it was not sent.
    """
    token = issue_token(record, "emailChange", email=record.email, newEmail=new_email)
    await _send(
        ctx,
        record,
        _options(record).confirm_email_change_template,
        ctx.hooks.on_mailer_record_email_change_send,
        to=new_email,
        values={"{TOKEN}": token},
        meta={"token": token, "newEmail": new_email},
    )


async def send_otp(ctx: Context, record: Record, otp_id: str, password: str) -> None:
    """Mail a one-time password; once it is sent, note the address in its record (SEC-22).

    Raises:
        MailError: it was not sent.
    """

    async def note_address(final: MailerRecordEvent) -> None:
        if final.message.to:
            await _note_sent(cast("Context", final.app), otp_id, final.message.to[0].address)

    await _send(
        ctx,
        record,
        _options(record).otp.email_template,
        ctx.hooks.on_mailer_record_otp_send,
        to=record.email,
        values={"{OTP}": password, "{OTP_ID}": otp_id},
        meta={"otpId": otp_id, "password": password},
        afterwards=note_address,
    )


async def send_auth_alert(ctx: Context, record: Record, info: str) -> None:
    """Mail that somebody signed in from a new place; info says when and from where.

    Raises:
        MailError: it was not sent.
    """
    escaped = escape_html(info)
    await _send(
        ctx,
        record,
        _options(record).auth_alert.email_template,
        ctx.hooks.on_mailer_record_auth_alert_send,
        to=record.email,
        values={"{ALERT_INFO}": escaped},
        meta={"info": escaped},
    )


async def _send_token(
    ctx: Context, record: Record, template: EmailTemplate, hook: Hook[MailerRecordEvent], token: str
) -> None:
    values = {"{TOKEN}": token}
    meta = {"token": token}
    await _send(ctx, record, template, hook, to=record.email, values=values, meta=meta)


async def _send(  # the parts of one mail
    ctx: Context,
    record: Record,
    template: EmailTemplate,
    hook: Hook[MailerRecordEvent],
    *,
    to: str,
    values: dict[str, str],
    meta: dict[str, Any],
    afterwards: Callable[[MailerRecordEvent], Awaitable[None]] | None = None,
) -> None:
    known = {**_record_values(record), **_app_values(ctx), **values}
    about = ctx.settings.meta
    message = Message(
        sender=Address(about.sender_address, about.sender_name),
        to=[Address(to)],
        subject=fill(template.subject, known),
        html=wrap(fill(template.body, known)),
    )

    async def send(final: MailerRecordEvent) -> None:
        await final.mailer.send(final.message)
        if afterwards is not None:
            await afterwards(final)

    event = MailerRecordEvent(cast("App", ctx), ctx.new_mailer(), message, record=record, meta=meta)
    await hook.trigger(event, send)


def _app_values(ctx: Context) -> dict[str, str]:
    about = ctx.settings.meta
    return {"{APP_NAME}": about.app_name, "{APP_URL}": about.app_url}


def _record_values(record: Record) -> dict[str, str]:
    """Return the values of the fields that are not hidden, as HTML."""
    row = record.export_row()
    values = {}
    for item, stored in zip(record.collection.fields, row, strict=True):
        if item.hidden:
            continue
        text = to_text(stored if item.type in _STRUCTURED_TYPES else record.get(item.name))
        values[f"{{RECORD:{item.name}}}"] = text if item.type in _SAFE_TYPES else escape_html(text)
    return values


async def _note_sent(ctx: Context, otp_id: str, address: str) -> None:
    """Note the address in the record of the one-time password, if it is there and has none."""
    otp = await find_record(ctx, ctx.catalog.get("_otps"), otp_id)
    if otp is None or otp.get("sentTo"):
        return
    otp.set("sentTo", address)
    try:
        await save_record(ctx, otp)
    except NotFound:
        return  # used meanwhile
    except PbpyError as error:
        ctx.log.warning("sentTo of the one-time password %s was not saved: %s", otp_id, error)


def _options(record: Record) -> AuthOptions:
    options = record.collection.auth
    if options is None:
        raise TypeError("not an auth collection record")
    return options

"""Sample mails, by which superusers see whether mail works and what it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.auth import mails
from pbpy.auth.forms import check_email
from pbpy.datetimes import now
from pbpy.errors import REQUIRED, BadRequest, FieldError, MailError
from pbpy.records.record import Record
from pbpy.schema.checks import first, length, one_of
from pbpy.schema.collection import SUPERUSERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.context import Context
    from pbpy.schema.collection import Collection

_FAILED: Final = "Failed to send the test email."
_INVALID_COLLECTION: Final = FieldError(
    "validation_invalid_auth_collection", "Must be a valid auth collection id or name."
)
_TEMPLATES: Final[dict[str, Callable[[Context, Record], Awaitable[None]]]] = {
    "verification": mails.send_verification,
    "password-reset": mails.send_password_reset,
    "email-change": lambda ctx, record: mails.send_email_change(ctx, record, record.email),
    "otp": lambda ctx, record: mails.send_otp(ctx, record, "_PB_TEST_OTP_ID_", "123456"),
    "login-alert": lambda ctx, record: mails.send_auth_alert(
        ctx, record, f"{now()} - TEST_IP TEST_USER_AGENT"
    ),
}


async def send_test_email(ctx: Context, template: str, email: str, collection: str = "") -> None:
    """Send one of a collection's mails, made of a record that does not exist, and wait for it.

    Args:
        ctx: the application.
        template: `verification`, `password-reset`, `email-change`, `otp` or `login-alert`.
        email: where it goes.
        collection: name or id of an auth collection; "" is `_superusers`.

    Raises:
        BadRequest: an argument is refused, or the mail was not sent.
    """
    found = ctx.catalog.find(collection or SUPERUSERS)
    is_auth = found is not None and found.is_auth
    errors = {
        "collection": first(length(collection, 1, 255), None if is_auth else _INVALID_COLLECTION),
        "email": check_email(email),
        "template": one_of(template, _TEMPLATES) if template else REQUIRED,
    }
    refused = {key: error for key, error in errors.items() if error}
    if refused or found is None:
        raise BadRequest(_FAILED, refused)
    try:
        await _TEMPLATES[template](ctx, _sample(found, email))
    except MailError as error:
        raise BadRequest(f"{_FAILED} Raw error: \n{error}") from error


def _sample(collection: Collection, email: str) -> Record:
    record = Record(collection)
    for item in collection.fields:
        if not item.hidden:
            record.set(item.name, f"__pb_test_{item.name}__")
    record.refresh_token_key()
    record.set_raw("email", email)
    return record

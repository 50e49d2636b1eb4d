"""What the submitted forms of the sign-in flows have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.auth.passwords import PasswordTooLong
from pbpy.auth.tokens import Tokens, parse_claims
from pbpy.errors import (
    REQUIRED,
    BadRequest,
    FieldError,
    NotFound,
    RecordChanged,
    TokenError,
    ValidationFailed,
)
from pbpy.fields.email import is_email
from pbpy.fields.rule_errors import rule_error
from pbpy.records.save import save_record
from pbpy.schema.checks import length

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.auth.tokens import TokenType
    from pbpy.context import Context
    from pbpy.errors import ErrorMap, JsonValue
    from pbpy.records.record import Record
    from pbpy.schema.collection import Collection

MAX_BYTES: Final = 255

INVALID_TOKEN: Final = FieldError("validation_invalid_token", "Invalid or expired token.")
_OTHER_COLLECTION: Final = FieldError(
    "validation_token_collection_mismatch",
    "The provided token is for different auth collection.",
)


def require_valid(errors: Mapping[str, FieldError | ErrorMap | None]) -> None:
    """Return when no key has an error.

    Raises:
        BadRequest: with those that have one.
    """
    found = {key: error for key, error in errors.items() if error}
    if found:
        raise BadRequest("An error occurred while validating the submitted data.", found)


def check_text(value: str, high: int = MAX_BYTES, low: int = 1) -> FieldError | None:
    """Return the error of a required text of low to high bytes."""
    return length(value, low, high) if value else REQUIRED


def check_email(value: str) -> FieldError | None:
    """Return the error of a required email."""
    if error := check_text(value):
        return error
    return None if is_email(value) else rule_error("is_email", "must be a valid email address")


async def check_token(
    ctx: Context, collection: Collection, token: str, kind: TokenType
) -> tuple[Record | None, FieldError | None]:
    """Return the record of collection that token proves, or the error."""
    record = await Tokens().find_record(ctx, token, kind)
    if record is None:
        return None, INVALID_TOKEN
    if record.collection.id != collection.id:
        return None, _OTHER_COLLECTION
    return record, None


def claim(token: str, name: str) -> JsonValue:
    """Return what a token claims, signed or not; None where it claims no such thing."""
    try:
        return parse_claims(token).get(name)
    except TokenError:
        return None


async def save_once(ctx: Context, record: Record, failure: str) -> None:
    """Save what a token allowed, unless it was used or revoked since it was looked at.

    Raises:
        BadRequest: it was, or the values are refused (with the sentence `failure`).
    """
    try:
        await save_record(ctx, record, if_unchanged="tokenKey")
    except (RecordChanged, NotFound):
        require_valid({"token": INVALID_TOKEN})
    except ValidationFailed as error:
        raise BadRequest(failure, error.errors) from error
    except PasswordTooLong as error:
        raise BadRequest(failure) from error

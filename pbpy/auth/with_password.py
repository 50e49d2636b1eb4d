"""Sign-in with an identity (email, or another unique field) and a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.auth.passwords import verify_password
from pbpy.auth.queries import select_any_password, select_by_identity
from pbpy.auth.respond import AuthResult, complete_sign_in
from pbpy.auth.tokens import issue_auth_token
from pbpy.errors import BadRequest, FieldError, Forbidden, InternalError
from pbpy.fields.email import is_email
from pbpy.hooks.events import AuthWithPasswordRequestEvent
from pbpy.records.record import Record
from pbpy.schema.indexes import find_unique_index

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import ErrorMap
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_MAX_CHARS = 255


def validate_form(
    collection: Collection, identity: str, password: str, identity_field: str
) -> ErrorMap:
    """Return the errors of the submitted form by key; empty when it can be tried."""
    errors: dict[str, FieldError] = {}
    for key, value in (("identity", identity), ("password", password)):
        if not value:
            errors[key] = FieldError("validation_required", "Cannot be blank.")
        elif len(value) > _MAX_CHARS:
            errors[key] = _out_of_range()
    if len(identity_field) > _MAX_CHARS:
        errors["identityField"] = _out_of_range()
    elif identity_field and identity_field not in _identity_fields(collection):
        errors["identityField"] = FieldError("validation_in_invalid", "Must be a valid value.")
    return errors


def _out_of_range() -> FieldError:
    return FieldError(
        "validation_length_out_of_range",
        f"The length must be between 1 and {_MAX_CHARS}.",
        {"min": 1, "max": _MAX_CHARS},
    )


def require_password_auth(collection: Collection) -> None:
    """Return when records of collection may sign in by password.

    Raises:
        Forbidden: they may not.
    """
    if collection.auth is None or not collection.auth.password_auth.enabled:
        raise Forbidden("The collection is not configured to allow password authentication.")


async def auth_with_password(  # the form's fields
    ctx: Context,
    info: RequestInfo,
    collection: Collection,
    *,
    identity: str,
    password: str,
    identity_field: str = "",
    mfa_id: str = "",
) -> AuthResult:
    """Sign a record in.

    Raises:
        Forbidden: password sign-in is disabled, or the auth rule refuses.
        BadRequest: the form has errors, or the credentials are wrong; an unknown identity and
            a wrong password take the same time and give the same answer (SEC-10).
        MfaRequired: a second method is needed.
    """
    require_password_auth(collection)
    if errors := validate_form(collection, identity, password, identity_field):
        raise BadRequest("An error occurred while validating the submitted data.", errors)
    info = info.with_context("password")
    event = AuthWithPasswordRequestEvent(
        cast("App", ctx),
        info,
        collection,
        record=await _find_by_identity(ctx, collection, identity, identity_field),
        identity=identity,
        identity_field=identity_field,
        password=password,
    )
    result: AuthResult | None = None

    async def check(final: AuthWithPasswordRequestEvent) -> None:
        nonlocal result
        record = final.record
        if record is None:
            await _spend_the_time_of_a_check(ctx, collection, final.password)
            raise BadRequest("Failed to authenticate.")
        if not await verify_password(final.password, record.password_hash):
            raise BadRequest("Failed to authenticate.")
        result = await complete_sign_in(
            ctx, info, record, issue_auth_token(record), method="password", mfa_id=mfa_id
        )

    await ctx.hooks.on_record_auth_with_password_request.trigger(event, check)
    if result is None:
        raise InternalError  # a handler ended the chain and answered nothing
    return result


def _identity_fields(collection: Collection) -> tuple[str, ...]:
    return collection.auth.password_auth.identity_fields if collection.auth else ()


async def _find_by_identity(
    ctx: Context, collection: Collection, identity: str, identity_field: str
) -> Record | None:
    """Return the record of the first identity field that knows identity; email goes first."""
    if identity_field:
        names: tuple[str, ...] = (identity_field,)
    else:
        names = tuple(sorted(_identity_fields(collection), key=lambda name: name != "email"))
    for name in names:
        if name == "email" and not identity_field and not is_email(identity):
            continue
        index = find_unique_index(collection.indexes, name)
        if index is None:
            raise InternalError(f"missing {name} unique index constraint")
        ignore_case = index.columns[0].collate.upper() == "NOCASE"
        row = await ctx.db.one(
            select_by_identity(collection, name, identity, ignore_case=ignore_case)
        )
        if row is not None:
            return Record.from_row(collection, row)
    return None


async def _spend_the_time_of_a_check(ctx: Context, collection: Collection, plain: str) -> None:
    stored = await ctx.db.value(select_any_password(collection))
    await verify_password(plain, str(stored or ""))

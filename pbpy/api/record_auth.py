"""Sign-in endpoints of auth collections; those of OAuth2 are in `record_oauth2.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.guards import require_same_collection, require_superuser
from pbpy.api.request import LOAD_FAILURE
from pbpy.api.responses import Json, NoContent, Response
from pbpy.api.router import Route
from pbpy.auth.email_change import (
    confirm_email_change,
    request_email_change,
    require_changeable,
)
from pbpy.auth.impersonate import impersonate
from pbpy.auth.methods import list_auth_methods
from pbpy.auth.otp import auth_with_otp, request_otp, require_otp
from pbpy.auth.password_reset import (
    confirm_password_reset,
    request_password_reset,
    require_passwords,
)
from pbpy.auth.refresh import auth_refresh
from pbpy.auth.verification import (
    confirm_verification,
    request_verification,
    require_unverified_kind,
)
from pbpy.auth.with_password import auth_with_password, require_password_auth
from pbpy.errors import BadRequest, NotFound
from pbpy.records.encode import encode_record

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.struct_body import Shape
    from pbpy.auth.respond import AuthResult
    from pbpy.errors import JsonValue
    from pbpy.schema.auth_options import AuthOptions
    from pbpy.schema.collection import Collection

_PASSWORD_FORM: Shape = {
    "identity": "text",
    "password": "text",
    "identityField": "text",
    "mfaId": "text",
}
_OTP_FORM: Shape = {"otpId": "text", "password": "text", "mfaId": "text"}
_EMAIL_FORM: Shape = {"email": "text"}
_TOKEN_FORM: Shape = {"token": "text"}
_RESET_FORM: Shape = {"token": "text", "password": "text", "passwordConfirm": "text"}
_NEW_EMAIL_FORM: Shape = {"newEmail": "text"}
_CONFIRM_EMAIL_FORM: Shape = {"token": "text", "password": "text"}
_IMPERSONATE_FORM: Shape = {"duration": "integer"}


async def get_auth_methods(request: ApiRequest) -> Response:
    """Answer with the ways in."""
    return Json(list_auth_methods(get_auth_collection(request)[1]))


async def post_auth_with_password(request: ApiRequest) -> Response:
    """Sign in with identity and password."""
    collection, _ = get_auth_collection(request)
    require_password_auth(collection)
    form = await request.struct_body(_PASSWORD_FORM)
    result = await auth_with_password(
        request.app,
        request.info,
        collection,
        identity=form.get("identity", ""),
        password=form.get("password", ""),
        identity_field=form.get("identityField", ""),
        mfa_id=request.query.get("mfaId") or form.get("mfaId", ""),
    )
    return auth_response(result)


async def post_auth_refresh(request: ApiRequest) -> Response:
    """Renew the token of the signed-in record."""
    if request.auth is None:
        raise NotFound("Missing auth record context.")
    await request.record_body()  # for an auth rule that looks at it
    return auth_response(await auth_refresh(request.app, request.info, request.auth, request.token))


async def post_request_otp(request: ApiRequest) -> Response:
    """Mail a one-time password."""
    collection, _ = get_auth_collection(request)
    require_otp(collection)
    form = await request.struct_body(_EMAIL_FORM)
    email = form.get("email", "")
    return _answer(await request_otp(request.app, request.info, collection, email))


async def post_auth_with_otp(request: ApiRequest) -> Response:
    """Sign in with a one-time password."""
    collection, _ = get_auth_collection(request)
    require_otp(collection)
    form = await request.struct_body(_OTP_FORM)
    result = await auth_with_otp(
        request.app,
        request.info,
        collection,
        otp_id=form.get("otpId", ""),
        password=form.get("password", ""),
        mfa_id=request.query.get("mfaId") or form.get("mfaId", ""),
    )
    return auth_response(result)


async def post_request_password_reset(request: ApiRequest) -> Response:
    """Mail a link that sets a new password."""
    collection, _ = get_auth_collection(request)
    require_passwords(collection)
    form = await request.struct_body(_EMAIL_FORM)
    email = form.get("email", "")
    return _answer(await request_password_reset(request.app, request.info, collection, email))


async def post_confirm_password_reset(request: ApiRequest) -> Response:
    """Set a new password."""
    collection, _ = get_auth_collection(request)
    form = await _read_closed_form(request, _RESET_FORM)
    return _answer(
        await confirm_password_reset(
            request.app,
            request.info,
            collection,
            token=form.get("token", ""),
            password=form.get("password", ""),
            password_confirm=form.get("passwordConfirm", ""),
        )
    )


async def post_request_verification(request: ApiRequest) -> Response:
    """Mail a link that verifies the email."""
    collection, _ = get_auth_collection(request)
    require_unverified_kind(collection)
    form = await request.struct_body(_EMAIL_FORM)
    email = form.get("email", "")
    return _answer(await request_verification(request.app, request.info, collection, email))


async def post_confirm_verification(request: ApiRequest) -> Response:
    """Verify the email."""
    collection, _ = get_auth_collection(request)
    require_unverified_kind(collection)
    form = await request.struct_body(_TOKEN_FORM)
    token = form.get("token", "")
    return _answer(await confirm_verification(request.app, request.info, collection, token))


async def post_request_email_change(request: ApiRequest) -> Response:
    """Mail a link to the new address."""
    collection, _ = get_auth_collection(request)
    require_changeable(collection)
    form = await request.struct_body(_NEW_EMAIL_FORM)
    email = form.get("newEmail", "")
    return _answer(await request_email_change(request.app, request.info, collection, email))


async def post_confirm_email_change(request: ApiRequest) -> Response:
    """Change the email."""
    collection, _ = get_auth_collection(request)
    require_changeable(collection)
    form = await request.struct_body(_CONFIRM_EMAIL_FORM)
    return _answer(
        await confirm_email_change(
            request.app,
            request.info,
            collection,
            token=form.get("token", ""),
            password=form.get("password", ""),
        )
    )


async def post_impersonate(request: ApiRequest) -> Response:
    """Give a superuser the token of another record."""
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None or collection.auth is None:
        # PocketBase: no rate limit stands before it, which has the other sentence
        raise NotFound("Missing or invalid auth collection context.")
    form = await _read_closed_form(request, _IMPERSONATE_FORM)
    return auth_response(
        await impersonate(
            request.app,
            request.info,
            collection,
            request.params["id"],
            form.get("duration", 0),
        )
    )


def get_auth_collection(request: ApiRequest) -> tuple[Collection, AuthOptions]:
    """Return the collection in the path and its options.

    Raises:
        NotFound: there is none, or it is not for sign-in.
    """
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound("Missing or invalid collection context.")
    if collection.auth is None:
        raise NotFound("Missing or invalid auth collection context.")
    return collection, collection.auth


async def _read_closed_form(request: ApiRequest, shape: Shape) -> dict[str, JsonValue]:
    """Return a form; PocketBase: here an unknown content type has the sentence of all others."""
    try:
        return await request.struct_body(shape)
    except BadRequest as error:
        raise BadRequest(LOAD_FAILURE) from error


def _answer(body: JsonValue) -> Response:
    return NoContent() if body is None else Json(body)


def auth_response(result: AuthResult) -> Response:
    """Return the answer to a sign-in."""
    body: dict[str, JsonValue] = {} if result.meta is None else {"meta": result.meta}
    return Json({**body, "record": encode_record(result.record), "token": result.token})


_PATH = "/api/collections/{collection}/"

ROUTES = (
    Route("GET", _PATH + "auth-methods", get_auth_methods, tags=("listAuthMethods",)),
    Route(
        "POST",
        _PATH + "auth-with-password",
        post_auth_with_password,
        tags=("authWithPassword", "auth"),
    ),
    Route(
        "POST",
        _PATH + "auth-refresh",
        post_auth_refresh,
        require_same_collection,
        tags=("authRefresh",),
    ),
    Route("POST", _PATH + "request-otp", post_request_otp, tags=("requestOTP",)),
    Route("POST", _PATH + "auth-with-otp", post_auth_with_otp, tags=("authWithOTP", "auth")),
    Route(
        "POST",
        _PATH + "request-password-reset",
        post_request_password_reset,
        tags=("requestPasswordReset",),
    ),
    Route(
        "POST",
        _PATH + "confirm-password-reset",
        post_confirm_password_reset,
        tags=("confirmPasswordReset",),
    ),
    Route(
        "POST",
        _PATH + "request-verification",
        post_request_verification,
        tags=("requestVerification",),
    ),
    Route(
        "POST",
        _PATH + "confirm-verification",
        post_confirm_verification,
        tags=("confirmVerification",),
    ),
    Route(
        "POST",
        _PATH + "request-email-change",
        post_request_email_change,
        require_same_collection,
        tags=("requestEmailChange",),
    ),
    Route(
        "POST",
        _PATH + "confirm-email-change",
        post_confirm_email_change,
        tags=("confirmEmailChange",),
    ),
    Route("POST", _PATH + "impersonate/{id}", post_impersonate, require_superuser),
)

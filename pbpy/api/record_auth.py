"""Sign-in endpoints of auth collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.guards import require_same_collection
from pbpy.api.responses import Json, Response
from pbpy.api.router import Route
from pbpy.auth.methods import list_auth_methods
from pbpy.auth.mfa import MfaRequired
from pbpy.auth.refresh import auth_refresh
from pbpy.auth.with_password import auth_with_password, require_password_auth
from pbpy.errors import NotFound
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


async def get_auth_methods(request: ApiRequest) -> Response:
    """Answer with the ways in."""
    return Json(list_auth_methods(_get_auth_collection(request)[1]))


async def post_auth_with_password(request: ApiRequest) -> Response:
    """Sign in with identity and password."""
    collection, _ = _get_auth_collection(request)
    require_password_auth(collection)
    form = await request.struct_body(_PASSWORD_FORM)
    try:
        result = await auth_with_password(
            request.app,
            request.info,
            collection,
            identity=form.get("identity", ""),
            password=form.get("password", ""),
            identity_field=form.get("identityField", ""),
            mfa_id=request.query.get("mfaId") or form.get("mfaId", ""),
        )
    except MfaRequired as required:
        return Json({"mfaId": required.mfa_id}, 401)
    return _auth_response(result)


async def post_auth_refresh(request: ApiRequest) -> Response:
    """Renew the token of the signed-in record."""
    if request.auth is None:
        raise NotFound("Missing auth record context.")
    await request.record_body()  # for an auth rule that looks at it
    return _auth_response(
        await auth_refresh(request.app, request.info, request.auth, request.token)
    )


def _get_auth_collection(request: ApiRequest) -> tuple[Collection, AuthOptions]:
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound("Missing or invalid collection context.")
    if collection.auth is None:
        raise NotFound("Missing or invalid auth collection context.")
    return collection, collection.auth


def _auth_response(result: AuthResult) -> Response:
    body: dict[str, JsonValue] = {} if result.meta is None else {"meta": result.meta}
    return Json({**body, "record": encode_record(result.record), "token": result.token})


_PATH = "/api/collections/{collection}/"

ROUTES = (
    Route("GET", _PATH + "auth-methods", get_auth_methods),
    Route("POST", _PATH + "auth-with-password", post_auth_with_password),
    Route("POST", _PATH + "auth-refresh", post_auth_refresh, require_same_collection),
)

"""Sign-in through other services: the code from the client, the redirect from the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.api.record_auth import auth_response, get_auth_collection
from pbpy.api.request import LOAD_FAILURE
from pbpy.api.responses import Redirect, Response
from pbpy.api.router import Route
from pbpy.auth.oauth2.flow import OAuth2Form, auth_with_oauth2, require_oauth2
from pbpy.auth.oauth2.redirect import OAuth2Redirect
from pbpy.errors import BadRequest
from pbpy.realtime.oauth2 import send_oauth2_redirect

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.struct_body import Shape

SUCCESS: Final = "../_/#/auth/oauth2-redirect-success"
FAILURE: Final = "../_/#/auth/oauth2-redirect-failure"

_FORM: Shape = {
    "provider": "text",
    "code": "text",
    "codeVerifier": "text",
    "redirectUrl": "text",
    # After its old name, so that a key in another case means this one.
    "redirectURL": "text",
    "createData": "json",
    "mfaId": "text",
}
_REDIRECT_FORM: Shape = {"state": "text", "code": "text", "error": "text", "user": "text"}


async def post_auth_with_oauth2(request: ApiRequest) -> Response:
    """Sign in with the code that a provider has given to the client."""
    collection, _ = get_auth_collection(request)
    require_oauth2(collection)
    values = await request.struct_body(_FORM)
    create_data = values.get("createData")
    if create_data is not None and not isinstance(create_data, dict):
        raise BadRequest(LOAD_FAILURE)
    form = OAuth2Form(
        provider=values.get("provider", ""),
        code=values.get("code", ""),
        code_verifier=values.get("codeVerifier", ""),
        redirect_url=values.get("redirectURL") or values.get("redirectUrl", ""),
        create_data=create_data or {},
    )
    result = await auth_with_oauth2(
        request.app,
        request.info,
        collection,
        form,
        mfa_id=request.query.get("mfaId") or values.get("mfaId", ""),
        redirect_name=_take_name(request, form),
    )
    return auth_response(result)


def _take_name(request: ApiRequest, form: OAuth2Form) -> str:
    return request.app.redirect_names.take(form.code) if form.provider == "apple" else ""


async def get_oauth2_redirect(request: ApiRequest) -> Response:
    """Pass the parameters of a provider's redirect on to the client that waits for them."""
    query = request.query
    redirect = OAuth2Redirect(*(query.get(name, "") for name in ("state", "code", "error")))
    # PocketBase: whatever is no GET is told to go on with one, HEAD too.
    status = 307 if request.method == "GET" else 303
    return Redirect(await _pass_on(request, redirect), status)


async def post_oauth2_redirect(request: ApiRequest) -> Response:
    """Do the same for `response_mode=form_post`, where Apple also tells the user's name."""
    try:
        redirect = OAuth2Redirect(**await request.struct_body(_REDIRECT_FORM))
        target = await _pass_on(request, redirect)
    except BadRequest:
        target = FAILURE
    return Redirect(target, 303)


async def _pass_on(request: ApiRequest, redirect: OAuth2Redirect) -> str:
    """Return where the browser goes next."""
    app = request.app
    if redirect.state and redirect.is_success:
        # First: who hears of the code signs in at once, and maybe through another worker.
        await app.redirect_names.keep(app.bus, redirect.code, redirect.user)
    delivered = bool(redirect.state) and await send_oauth2_redirect(
        app, redirect.state, request.real_ip, redirect.to_json()
    )
    return SUCCESS if delivered and redirect.is_success else FAILURE


_REDIRECT_PATH = "/api/oauth2-redirect"

ROUTES = (
    Route(
        "POST",
        "/api/collections/{collection}/auth-with-oauth2",
        post_auth_with_oauth2,
        tags=("authWithOAuth2", "auth"),
    ),
    Route("GET", _REDIRECT_PATH, get_oauth2_redirect),
    Route("POST", _REDIRECT_PATH, post_oauth2_redirect),
)

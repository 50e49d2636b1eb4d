"""Loads the record behind the Authorization header; a token that proves nothing is a guest's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response
    from pbpy.api.router import Handler


async def load_auth_token(request: ApiRequest, go_on: Handler) -> Response:
    """Set `request.auth`."""
    token = request.token
    if token:
        request.auth = await request.app.authenticate(token)
    return await go_on(request)

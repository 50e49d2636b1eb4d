"""Loads the record behind the Authorization header; a token that proves nothing is a guest's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.middleware.superuser_ips import require_listed_ip

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response
    from pbpy.api.router import Handler


async def load_auth_token(request: ApiRequest, go_on: Handler) -> Response:
    """Set `request.auth`.

    Raises:
        Forbidden: a superuser comes from an address that is not listed.
    """
    token = request.token
    if token:
        request.auth = await request.app.authenticate(token)
        require_listed_ip(request)
    return await go_on(request)

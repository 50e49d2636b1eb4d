"""Security headers of every answer (contract 11.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response
    from pbpy.api.router import Handler

_HEADERS = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
)
_FRAMES = (b"x-frame-options", b"SAMEORIGIN")
_ALL = (*_HEADERS, _FRAMES)


async def add_security_headers(request: ApiRequest, go_on: Handler) -> Response:
    """Add the headers."""
    response = await go_on(request)
    response.headers += _HEADERS if response.frameable else _ALL
    return response

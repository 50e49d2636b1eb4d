"""GET /api/health: that the server answers; superusers learn how it sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.responses import Json, Response
from pbpy.api.router import Route

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.errors import JsonValue

_PROXY_HEADERS = ("CF-Connecting-IP", "Fly-Client-IP", "X-Forwarded-For")


async def check_health(request: ApiRequest) -> Response:
    """Answer 200."""
    data: dict[str, JsonValue] = {}
    if request.is_superuser:
        data = {
            "canBackup": True,
            "possibleProxyHeader": _possible_proxy_header(request),
            "realIP": request.real_ip,
        }
    return Json({"message": "API is healthy.", "code": 200, "data": data})


def _possible_proxy_header(request: ApiRequest) -> str:
    """Return the first header of the request that a reverse proxy would have added, or ""."""
    for name in (*request.app.settings.trusted_proxy.headers, *_PROXY_HEADERS):
        if request.header(name.lower().encode("latin-1")):
            return name
    return ""


ROUTES = (Route("GET", "/api/health", check_health),)

"""CORS: who may read answers from a browser. Source: PocketBase apis/middlewares_cors.go."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pbpy.api.responses import NoContent

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Header, Response
    from pbpy.api.router import Handler

_MAX_ORIGIN = 253 + 3 + 5
"""A longest host name, `://` and a scheme: longer ones are not matched with patterns."""
_VARY = (b"vary", b"Origin")
_METHODS = (b"access-control-allow-methods", b"GET,HEAD,PUT,PATCH,POST,DELETE")
_PREFLIGHT_VARY = (
    (b"vary", b"Access-Control-Request-Method"),
    (b"vary", b"Access-Control-Request-Headers"),
)


class Cors:
    """Adds the headers and answers every OPTIONS request.

    Args:
        origins: `*`, exact origins, or patterns in which `*` and `?` stand for characters.
    """

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._any = "*" in origins
        self._patterns = [_compile(origin) for origin in origins if origin != "*"]
        self._allowed = lru_cache(1024)(self._find_allowed)

    async def __call__(self, request: ApiRequest, go_on: Handler) -> Response:
        """Answer a preflight, or add the headers to the answer."""
        origin = request.headers.get(b"origin")
        if request.method == "OPTIONS":
            return self._answer_preflight(request, origin)
        response = await go_on(request)
        headers = response.headers
        headers.append(_VARY)
        if origin and (allowed := self._allowed(origin)):
            headers.append((b"access-control-allow-origin", allowed))
        return response

    def _answer_preflight(self, request: ApiRequest, origin: bytes | None) -> Response:
        response = NoContent()
        headers: list[Header] = response.headers
        headers.append(_VARY)
        if origin and (allowed := self._allowed(origin)):
            headers += ((b"access-control-allow-origin", allowed), *_PREFLIGHT_VARY, _METHODS)
            if asked := request.headers.get(b"access-control-request-headers"):
                headers.append((b"access-control-allow-headers", asked))
        return response

    def _find_allowed(self, origin: bytes) -> bytes:
        """Return the value of Access-Control-Allow-Origin, empty if there is none."""
        if self._any:
            return b"*"
        text = origin.decode("latin-1")
        if len(text) <= _MAX_ORIGIN and any(known.fullmatch(text) for known in self._patterns):
            return origin
        return b""


def _compile(origin: str) -> re.Pattern[str]:
    return re.compile(re.escape(origin).replace(r"\*", ".*").replace(r"\?", "."))

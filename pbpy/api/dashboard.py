"""The dashboard at `/_/`: the files of a directory, or a page that says what this server is.

An unmodified official dashboard is used by naming the directory of its built files in the
environment variable `PBPY_DASHBOARD_DIR`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pbpy.api.dashboard_page import PAGE, SCRIPT
from pbpy.api.errors import answer_error
from pbpy.api.middleware.gzip import compress
from pbpy.api.responses import Header, Html, Response
from pbpy.api.router import Route
from pbpy.api.static_files import StaticDirectory
from pbpy.errors import NotFound

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.config import Config

DIRECTORY_VARIABLE = "PBPY_DASHBOARD_DIR"

_CACHE = (b"cache-control", b"max-age=1209600, stale-while-revalidate=86400")
_POLICY = (
    b"content-security-policy",
    (
        b"default-src 'self'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' http://127.0.0.1:* https://tile.openstreetmap.org data: blob:; "
        b"connect-src 'self' http://127.0.0.1:* https://nominatim.openstreetmap.org; "
        b"script-src 'self' http://127.0.0.1:*; frame-ancestors 'none'"
    ),
)
_SCRIPT_TYPE = (b"content-type", b"text/javascript")


def routes(config: Config) -> tuple[Route, ...]:
    """Return the routes of `/_/`."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    dashboard = _Dashboard(Path(directory) if directory else None, dev=config.dev)
    return (
        Route("GET", "/_/extensions.js", dashboard.extensions),
        Route("GET", "/_/{path...}", dashboard.file),
    )


class _Dashboard:
    """Endpoints over an optional directory."""

    def __init__(self, directory: Path | None, *, dev: bool) -> None:
        self._files = StaticDirectory(directory, index_fallback=False) if directory else None
        self._dev = dev

    async def file(self, request: ApiRequest) -> Response:
        """Serve a file with the dashboard's own headers, which errors carry too."""
        path = request.params["path"]
        try:
            response = await self._find(request, path)
        except NotFound as error:
            response = answer_error(request, error)
        response.headers += self._headers(path)
        return await compress(request, response)

    async def extensions(self, request: ApiRequest) -> Response:
        """Serve the scripts of dashboard extensions, of which there are none."""
        headers = (_SCRIPT_TYPE, *self._headers("extensions.js"))
        return await compress(request, Response(200, b"", headers))

    async def _find(self, request: ApiRequest, path: str) -> Response:
        if self._files is not None:
            return await self._files(request)
        if path == "page.js":
            return Response(200, SCRIPT.encode(), (_SCRIPT_TYPE,))
        if path:
            raise NotFound("File not found")
        return Html(PAGE)

    def _headers(self, path: str) -> tuple[Header, ...]:
        return (_POLICY, _CACHE) if path and not self._dev else (_POLICY,)

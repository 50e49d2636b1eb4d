"""Files of a directory: the public directory at `/` (contract 11.8).

Source: PocketBase apis/base.go Static.
"""

from __future__ import annotations

import asyncio
import posixpath
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from pbpy.api.file_response import FileResponse
from pbpy.api.responses import Redirect, Response
from pbpy.api.router import Route
from pbpy.errors import NotFound

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from pbpy.api.request import ApiRequest
    from pbpy.config import Config

INDEX = "index.html"
MOVED_PERMANENTLY = 301


def routes(config: Config) -> tuple[Route, ...]:
    """Return the catch-all of GET, which serves the public directory."""
    public = StaticDirectory(config.public_dir, index_fallback=config.index_fallback)
    return (Route("GET", "/{path...}", public),)


class StaticDirectory:
    """An endpoint for `{path...}` over one directory, which need not exist."""

    def __init__(self, root: Path, *, index_fallback: bool) -> None:
        self._root = root
        self._index_fallback = index_fallback

    async def __call__(self, request: ApiRequest) -> Response:
        """Serve a file, redirect to its proper URL, or fall back to the root's index.

        Raises:
            NotFound: there is no such file.
        """
        name = posixpath.normpath(request.params["path"].lstrip("/") or ".")
        return await asyncio.to_thread(self._serve, request, name)

    def _serve(self, request: ApiRequest, name: str) -> Response:
        """Return the answer for a clean relative path; blocks for one stat and one open."""
        status = self._stat(name)
        if status is not None:
            url = request.path
            if S_ISDIR(status.st_mode):
                if not url.endswith("/"):
                    return _redirect(request, url + "/")
                name = posixpath.join(name, INDEX)
            elif url.endswith("/") and url.strip("/"):
                return _redirect(request, url.rstrip("/"))
            elif url.endswith(INDEX):
                return _redirect(request, url.removesuffix(INDEX))
            if (found := self._open(request, name)) is not None:
                return found
        if self._index_fallback and name != INDEX:
            found = self._open(request, INDEX)
            if found is not None:
                return found
        raise NotFound("File not found")

    def _stat(self, name: str) -> os.stat_result | None:
        if name.startswith("..") or "\0" in name or "\\" in name:
            return None
        try:
            return (self._root / name).stat()
        except (OSError, ValueError):
            return None

    def _open(self, request: ApiRequest, name: str) -> FileResponse | None:
        status = self._stat(name)
        if status is None or not S_ISREG(status.st_mode):
            return None
        try:
            file: BinaryIO = (self._root / name).open("rb")
        except OSError:
            return None
        return FileResponse(
            request,
            file,
            size=status.st_size,
            modified=status.st_mtime,
            name=posixpath.basename(name),
        )


def _redirect(request: ApiRequest, path: str) -> Response:
    """Return a redirect within this server: more than one slash or backslash could leave it."""
    if path[:1] in "/\\" and path[1:2] in ("/", "\\"):
        path = "/" + path.lstrip("/\\")
    url = request.scope.get("root_path", "") + quote(path, safe="/%:@!$&'()*+,;=~-._")
    return Redirect(url, MOVED_PERMANENTLY)

"""PocketBase: the whole server as one object of an app developer's program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbpy.api.asgi import create_asgi
from pbpy.app import App
from pbpy.config import Config
from pbpy.serve import ServerKind, serve

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class PocketBase(App):
    """An App that is also an ASGI application.

    Run it by itself (`pb.serve()`), hand it to any ASGI server, or mount it in an application
    of your own; there, open it in your lifespan: `async with pb: yield`.

    Args:
        data_dir: the `pb_data` directory.
        options: any other attribute of `pbpy.config.Config`.
    """

    def __init__(self, data_dir: str | Path = "pb_data", **options: Any) -> None:
        super().__init__(Config(data_dir=Path(data_dir), **options))
        self._asgi: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope; a lifespan scope opens and closes the application."""
        if self._asgi is None:
            self._asgi = create_asgi(self)
        await self._asgi(scope, receive, send)

    def serve(
        self, http: str = "127.0.0.1:8090", *, server: ServerKind = "auto", workers: int = 1
    ) -> None:
        """Serve until SIGINT or SIGTERM; blocks.

        Args:
            http: address and port.
            server: `auto`, `hypercorn` or `uvicorn`.
            workers: how many processes share the requests.
        """
        serve(self, http=http, server=server, workers=workers)

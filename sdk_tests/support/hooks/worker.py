"""Tells the tests which worker answers them and whose streams it has; has it ring a bell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pbpy.app import App


def register(app: App) -> None:
    """Add the routes."""

    @app.route("GET", "/worker")
    async def worker(_request: Any) -> dict[str, Any]:
        return {"pid": os.getpid(), "streams": list(app.realtime.clients)}

    @app.route("POST", "/bell")
    async def bell(_request: Any) -> None:
        app.realtime.send("bell", {"by": os.getpid()})

"""The ASGI servers and the choice between them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, Protocol

from pbpy.errors import ConfigError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from pbpy.api.asgi import Edge

ServerKind = Literal["auto", "hypercorn", "uvicorn"]


class Run(Protocol):
    """Serves on a listening socket until stopped is awaited, then ends gracefully."""

    def __call__(
        self, edge: Edge, listener: socket.socket, stopped: Callable[[], Awaitable[None]]
    ) -> Awaitable[None]:
        """Return when no connection is left or the grace period is over."""


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """An ASGI server and the event loop that it runs on."""

    run: Run
    new_loop: Callable[[], asyncio.AbstractEventLoop]


def choose(server: ServerKind) -> ServerChoice:
    """Return the server to run and its event loop; loads only that server.

    Raises:
        ConfigError: it is not installed.
    """
    if server == "auto":
        server = "uvicorn" if _is_installed("uvicorn", "httptools", "uvloop") else "hypercorn"
    if server == "uvicorn":
        if not _is_installed("uvicorn", "httptools"):
            raise ConfigError("uvicorn is not installed: install pbpy with the extra `fast`")
        from pbpy.serve.uvicorn_server import run_uvicorn

        return ServerChoice(run_uvicorn, _fast_loop())
    from pbpy.serve.hypercorn_server import run_hypercorn

    return ServerChoice(run_hypercorn, asyncio.new_event_loop)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    if not _is_installed("uvloop"):
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


def _is_installed(*names: str) -> bool:
    return all(find_spec(name) is not None for name in names)

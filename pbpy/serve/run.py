"""Runs an App on an ASGI server until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, Protocol

from pbpy.api.asgi import Edge, announce, create_asgi
from pbpy.errors import ConfigError
from pbpy.serve.banner import banner, installer_help
from pbpy.serve.limits import BACKLOG, FAREWELL_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from pbpy.app import App

ServerKind = Literal["auto", "hypercorn", "uvicorn"]
MAX_PORT = 65_535


class Run(Protocol):
    """Serves on a listening socket until stopped is awaited, then ends gracefully."""

    def __call__(
        self, edge: Edge, listener: socket.socket, stopped: Callable[[], Awaitable[None]]
    ) -> Awaitable[None]:
        """Return when no connection is left or the grace period is over."""


@dataclass(frozen=True, slots=True)
class _Choice:
    run: Run
    new_loop: Callable[[], asyncio.AbstractEventLoop]


def serve(app: App, http: str = "127.0.0.1:8090", server: ServerKind = "auto") -> None:
    """Open app, serve it until SIGINT or SIGTERM, close it; blocks.

    Args:
        app: an App that is not open.
        http: `address:port`; no address means all of them, no port means 80.
        server: which ASGI server; `auto` takes uvicorn with httptools and uvloop if they are
            installed, else Hypercorn.

    Raises:
        ConfigError: the address cannot be used, the server is not installed, or the data
            directory cannot be opened.
    """
    choice = _choose(server)
    listener = _listen(http)
    with asyncio.Runner(loop_factory=choice.new_loop) as runner:
        runner.run(_serve(app, listener, choice.run))


async def _serve(app: App, listener: socket.socket, run: Run) -> None:
    with contextlib.closing(listener):
        async with app:
            await announce(app)
            edge = create_asgi(app)
            _greet(listener, await app.installer_token())
            with _stop_signals() as signalled:

                async def stopped() -> None:
                    await signalled.wait()
                    await _say_farewell(edge)

                await run(edge, listener, stopped)


async def _say_farewell(edge: Edge) -> None:
    """Refuse what still arrives for a moment: it was sent before its client could know."""
    edge.stop()
    await asyncio.sleep(FAREWELL_S)


def _greet(listener: socket.socket, installer_token: str | None) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    sys.stdout.write(banner(url))
    if installer_token is not None:
        sys.stdout.write(installer_help(url, installer_token))
    sys.stdout.flush()


@contextlib.contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Yield an event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()
    signalled = asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def note() -> None:
        signalled.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, note)
    try:
        yield signalled
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _listen(http: str) -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigError: http is no address, or it cannot be bound.
    """
    host, port = _parse_address(http)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"cannot listen on {http}: {error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(f"cannot listen on {http}: {error}") from error
    listener.setblocking(False)
    return listener


def _parse_address(http: str) -> tuple[str, int]:
    host, colon, port = http.rpartition(":")
    if not colon:
        host, port = http, "80"
    if not (port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise ConfigError(f"not an address with a port: {http!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _choose(server: ServerKind) -> _Choice:
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

        return _Choice(run_uvicorn, _fast_loop())
    from pbpy.serve.hypercorn_server import run_hypercorn

    return _Choice(run_hypercorn, asyncio.new_event_loop)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    if not _is_installed("uvloop"):
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


def _is_installed(*names: str) -> bool:
    return all(find_spec(name) is not None for name in names)

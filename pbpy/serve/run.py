"""Runs an App on an ASGI server until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from pbpy.api.asgi import announce, create_asgi
from pbpy.serve.banner import greet
from pbpy.serve.farewell import say_farewell
from pbpy.serve.limits import raise_file_limit
from pbpy.serve.listen import listen
from pbpy.serve.servers import choose
from pbpy.serve.supervisor import supervise

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from pbpy.app import App
    from pbpy.serve.servers import Run, ServerKind


def serve(
    app: App, http: str = "127.0.0.1:8090", server: ServerKind = "auto", workers: int = 1
) -> None:
    """Open app, serve it until SIGINT or SIGTERM, close it; blocks.

    Args:
        app: an App that is not open.
        http: `address:port`; no address means all of them.
        server: which ASGI server; `auto` takes uvicorn with httptools and uvloop if they are
            installed, else Hypercorn.
        workers: how many processes share the requests; they are forked from this one, which
            must not have threads nor a running event loop.

    Raises:
        ConfigError: the address cannot be used, the server is not installed, or the data
            directory cannot be opened.
    """
    choice = choose(server)
    raise_file_limit()
    if workers != 1:
        supervise(app, http, choice, workers)
        return
    listener = listen(http)
    with asyncio.Runner(loop_factory=choice.new_loop) as runner:
        runner.run(_serve(app, listener, choice.run))


async def _serve(app: App, listener: socket.socket, run: Run) -> None:
    with contextlib.closing(listener):
        async with app:
            await announce(app)
            edge = create_asgi(app)
            greet(listener.getsockname(), await app.installer_token())
            with _stop_signals() as signalled:

                async def stopped() -> None:
                    await signalled.wait()
                    await say_farewell(edge)

                await run(edge, listener, stopped)


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

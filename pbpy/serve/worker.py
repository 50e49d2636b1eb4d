"""What a worker does: it serves one App until its parent, or a signal, ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from pbpy.api.asgi import call_serve_hook, create_asgi
from pbpy.serve.farewell import say_farewell
from pbpy.start import prepare_process

if TYPE_CHECKING:
    import socket

    from pbpy.app import App
    from pbpy.serve.servers import ServerChoice


def run_worker(
    app: App, listener: socket.socket, choice: ServerChoice, lifeline: int, ready: int
) -> None:
    """Serve; blocks.

    Args:
        app: an App that is not open, over a data directory that is prepared.
        listener: of this worker alone.
        choice: the ASGI server.
        lifeline: a pipe that ends when the worker has to, however the parent has ended.
        ready: a pipe that gets this worker's number when it accepts requests.
    """
    # The terminal sends SIGINT to the parent as well, which then ends the lifeline.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=choice.new_loop) as runner:
        runner.run(_serve(app, listener, choice, lifeline, ready))


async def _serve(
    app: App, listener: socket.socket, choice: ServerChoice, lifeline: int, ready: int
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        loop.remove_reader(lifeline)
        stopping.set()

    loop.add_reader(lifeline, stop)
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    async with app:
        prepare_process(app)
        await call_serve_hook(app)
        edge = create_asgi(app)

        async def stopped() -> None:
            await stopping.wait()
            await say_farewell(edge)

        os.write(ready, bytes((app.place.number,)))
        os.close(ready)
        await choice.run(edge, listener, stopped)
    loop.remove_reader(lifeline)

"""Hypercorn: its limits and its end set as ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, cast

from hypercorn.asyncio import run as hypercorn_run
from hypercorn.asyncio import serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config

from pbpy.serve.limits import BACKLOG, GRACE_S, HEAD_BYTES, KEEP_ALIVE_S

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from pbpy.api.asgi import Edge


_NO_LIMIT = 2**31


class _Connection(TCPServer):
    """A connection that ends when its client leaves; Hypercorn's own keeps it until it is idle."""

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()


hypercorn_run.TCPServer = _Connection  # type: ignore[attr-defined]  # no other way


async def run_hypercorn(
    edge: Edge, listener: socket.socket, stopped: Callable[[], Awaitable[None]]
) -> None:
    """Serve on listener until stopped; then finish what was accepted."""
    config = Config()
    config.bind = [f"fd://{listener.dup().detach()}"]
    config.accesslog = None
    logger = logging.getLogger("pbpy.hypercorn")
    logger.setLevel(logging.ERROR)
    config.errorlog = logger
    config.backlog = BACKLOG
    config.include_server_header = False
    config.keep_alive_timeout = KEEP_ALIVE_S  # also the limit for a request's head
    config.keep_alive_max_requests = _NO_LIMIT
    config.h11_max_incomplete_size = HEAD_BYTES
    config.graceful_timeout = GRACE_S
    stop = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        # The application is open already; Hypercorn goes on without a lifespan.
        if scope["type"] == "http":
            await edge.http(scope, receive, send)
        elif scope["type"] == "websocket":
            await _answer_upgrade(edge, scope, receive, send)

    async def trigger() -> None:
        await stopped()
        stop.set()

    serving = asyncio.create_task(
        serve(cast("Any", application), config, shutdown_trigger=trigger, mode="asgi"),
        name="pbpy-serve",
    )
    await _wait_for_end(serving, stop)


async def _answer_upgrade(edge: Edge, scope: Any, receive: Any, send: Any) -> None:
    """Answer the request for a WebSocket as if it had not asked for one."""
    await receive()  # websocket.connect
    begun = asyncio.Event()

    async def receive_http() -> Any:
        if begun.is_set():
            return {**await receive(), "type": "http.disconnect"}
        begun.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send_http(message: Any) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await edge.http({**scope, "type": "http", "method": "GET"}, receive_http, send_http)


async def _wait_for_end(serving: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait for the server; after a stop no longer than the grace period and a second.

    Hypercorn itself may wait for connections for ever, and reports the tasks it gave up as
    a cancellation.
    """
    stopping = asyncio.create_task(stop.wait(), name="pbpy-stop")
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set():
        await asyncio.wait((serving,), timeout=GRACE_S + 1)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        return
    await serving

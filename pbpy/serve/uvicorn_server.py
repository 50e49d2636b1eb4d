"""uvicorn with httptools: the limits it lacks, unknown methods, and an end without loss."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httptools
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from pbpy.serve.limits import BACKLOG, GRACE_S, HEAD_BYTES, HEAD_TIMEOUT_S, KEEP_ALIVE_S
from pbpy.serve.uvicorn_cycle import Cycle

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator
    from typing import Any

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from pbpy.api.asgi import Edge


_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}(?= )")
_KNOWN_METHOD = b"PURGE"
_HEAD_TOO_LARGE = 431
_CLOSING_HEAD = b"content-length: 0\r\nconnection: close\r\n\r\n"


async def run_uvicorn(
    edge: Edge, listener: socket.socket, stopped: Callable[[], Awaitable[None]]
) -> None:
    """Serve on listener until stopped; then finish what was accepted."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    server = _Server(
        Config(
            edge.http,
            interface="asgi3",
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=int(GRACE_S),
        )
    )

    async def stop() -> None:
        await stopped()
        server.should_exit = True

    stopping = asyncio.create_task(stop(), name="pbpy-stop")
    try:
        await server.serve(sockets=[listener])
    finally:
        stopping.cancel()


class _Server(Server):
    """A Server that leaves signals to others."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(HttpToolsProtocol):
    """One connection with a limit to the size and the time of a request's head.

    What stands between the pieces of a body, chunk extensions and trailers, has the same
    limit of size.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._connection_scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
        }
        self._in_head = True
        self._has_progress = False
        self._unread_bytes = 0
        self._method = ""
        self._head_timer: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade:
            return
        except httptools.HttpParserError:
            self._refuse(400)
            return
        if self._in_head:
            self._expect_head()
        self._unread_bytes = 0 if self._has_progress else self._unread_bytes + len(data)
        self._has_progress = False
        if self._unread_bytes > HEAD_BYTES:
            self._refuse(_HEAD_TOO_LARGE)

    def _feed(self, data: bytes) -> None:
        """Parse data; an unknown method goes through the parser under a known name."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            method = _METHOD.match(data)
            if method is None or self._unread_bytes:
                raise
            self._method = method[0].decode()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.feed_data(_KNOWN_METHOD + data[method.end() :])

    def on_message_begin(self) -> None:
        self._in_head = True
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # a trailer is no header: no proxy has checked it
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._has_progress = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._has_progress = True
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        """Start the request, as uvicorn does it, without what no application here asks for."""
        self._in_head = False
        self._has_progress = True
        self._stop_head_timer()
        parser = self.parser
        version = parser.get_http_version()
        raw_path, query = _split_target(self.url)
        path = raw_path.decode("ascii")
        self.scope = {
            **self._connection_scope,  # type: ignore[typeddict-item]
            "http_version": version,
            "method": self._method or parser.get_method().decode("ascii"),
            "headers": self.headers,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
        }
        self._method = ""
        before: Cycle | None = self.cycle  # type: ignore[assignment]  # made below, all of them
        self.cycle = Cycle(
            self.scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            self.access_log,
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            version != "1.0" and parser.should_keep_alive(),
            self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:  # the client did not wait for the answer
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.tasks.add(self.loop.create_task(self._run(cycle, app)))

    async def _run(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Answer a request; the server waits for those in `tasks` before it ends."""
        try:
            await cycle.run_asgi(app)
        finally:
            # Here, since a callback of the task is one more turn of the loop, 1 us.
            self.tasks.discard(asyncio.current_task())

    def on_response_complete(self) -> None:
        """Begin the next request that waits; else the connection is idle from now on."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        # One timer that looks at the clock, not a new one for each answer, which costs 2 us.
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(KEEP_ALIVE_S, self._end_idle)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _end_idle(self) -> None:
        """Close the connection if it was idle for all its time, else look again later."""
        since, now = self._idle_since, self.loop.time()
        left_s = KEEP_ALIVE_S if since is None else since + KEEP_ALIVE_S - now
        if left_s > 0:
            self._idle_timer = self.loop.call_later(left_s, self._end_idle)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Answer what is no acceptable request, and close."""
        self.transport.write(STATUS_LINE[status] + _CLOSING_HEAD)
        self.transport.close()

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.timeout_keep_alive_handler)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _split_target(target: bytes) -> tuple[bytes, bytes]:
    """Return path and query of a request's target.

    Raises:
        HttpParserInvalidURLError: it is no URL.
    """
    if target[:1] == b"/" or b"#" in target:
        # A target has no fragment: its text belongs to the path or the query.
        path, _, query = target.partition(b"?")
        return path, query
    url = httptools.parse_url(target)
    return url.path, url.query or b""

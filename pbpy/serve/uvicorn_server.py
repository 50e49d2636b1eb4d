"""uvicorn with httptools: the limits it lacks, unknown methods, and an end without loss."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import TYPE_CHECKING

import httptools
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from pbpy.serve.limits import BACKLOG, GRACE_S, HEAD_BYTES, HEAD_TIMEOUT_S, KEEP_ALIVE_S

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator

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
            timeout_keep_alive=int(KEEP_ALIVE_S),
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
        self._in_head = True
        self._has_progress = False
        self._unread_bytes = 0
        self._method = ""
        self._head_timer: asyncio.TimerHandle | None = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
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
        super().on_message_begin()

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
        self._in_head = False
        self._has_progress = True
        self._stop_head_timer()
        super().on_headers_complete()
        if b"#" in self.url:
            # A target has no fragment: its text belongs to the path or the query.
            path, _, query = self.url.partition(b"?")
            self.scope |= {"raw_path": path, "query_string": query}
        if self._method:
            self.scope["method"] = self._method
            self._method = ""

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

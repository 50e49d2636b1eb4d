"""One request on uvicorn: an answer that is complete goes out with one system call."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Header: TypeAlias = tuple[bytes, bytes]

_WITHOUT_BODY = frozenset((204, 304))
_DECIDES = frozenset((b"connection", b"transfer-encoding"))
"""Headers that decide what happens to the connection or the body."""
_REMEMBERED_LINES = 1000


class Cycle(RequestResponseCycle):
    """Holds the head until the body begins, as ASGI asks, and writes both together.

    uvicorn writes them one after the other: a second system call, 8 us, and a second wake-up of
    the client. It also checks every header of every answer, 5 us; ours are the same few, so
    their lines are kept.
    """

    _start: dict[str, Any] | None = None

    async def send(self, message: Any) -> None:
        """Send a message of the application."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            headers = [*start.get("headers", ())]
            if self._is_whole(message) and self._write_whole(
                start["status"], headers, message.get("body", b"")
            ):
                return
            await super().send({**start, "headers": headers})  # type: ignore[arg-type]  # as it came
        await super().send(message)

    def write_chunk(self, chunk: bytes) -> bool:
        """Write one chunk of a body at once; False when the client has to be waited for.

        `send` does the same by a coroutine and a message, which cost as much as the write.
        """
        if (
            not self.chunked_encoding
            or self.flow.write_paused
            or self.disconnected
            or self.response_complete
        ):
            return False
        self.transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        return True

    def _is_whole(self, message: dict[str, Any]) -> bool:
        """Tell whether a body is the only one, on a connection that goes on as it is."""
        return (
            message["type"] == "http.response.body"
            and not message.get("more_body", False)
            and self.keep_alive
            and not self.disconnected
            and not self.flow.write_paused
            and not self.access_log
            and self.scope["method"] != "HEAD"
        )

    def _write_whole(self, status: int, headers: list[Header], body: bytes) -> bool:
        """Write an answer and end the request; False when uvicorn has to look at its headers."""
        length = (b"content-length", b"%d" % len(body))
        if length not in headers and (body or status not in _WITHOUT_BODY):
            return False
        lines = [_header_line(name, value) for name, value in (*self.default_headers, *headers)]
        if b"" in lines:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
        self.message_event.set()
        self.on_response()
        return True


@lru_cache(_REMEMBERED_LINES)
def _header_line(name: bytes, value: bytes) -> bytes:
    """Return a line of a head; empty for a header that uvicorn has to deal with, or refuse."""
    if name.lower() in _DECIDES or HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        return b""
    return name + b": " + value + b"\r\n"

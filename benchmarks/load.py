"""A closed-loop HTTP/1.1 load generator: one thread, epoll, keep-alive connections.

It costs about 10 us per request, so that a server on the same machine has the rest. Every
connection sends its next request when the answer to the last one is complete.
"""

from __future__ import annotations

import re
import select
import socket
import time
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOST = "127.0.0.1"
_BUFFER_BYTES = 1 << 20
_ANSWER_LIMIT_S = 120.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_LAST_CHUNK = b"0\r\n\r\n"
_ERROR_BYTES = 600


class LoadError(Exception):
    """The server stopped answering."""


@dataclass(slots=True)
class Load:
    """What one run gave: latencies in nanoseconds and the first answer that was no 2xx."""

    elapsed_s: float = 0.0
    failed: int = 0
    first_failure: str = ""
    latencies_ns: array[int] = field(default_factory=lambda: array("q"))

    @property
    def per_second(self) -> float:
        """Answers per second, the failed ones included."""
        return len(self.latencies_ns) / self.elapsed_s if self.elapsed_s else 0.0


class Connection:
    """One socket and the state of the answer it is reading."""

    __slots__ = ("chunked", "closing", "head", "missing", "request", "sent_ns", "socket", "tail")

    head: bytes
    tail: bytes
    missing: int
    chunked: bool
    closing: bool

    def __init__(self, port: int) -> None:
        self.socket = _connect(port)
        self.request = b""
        self.sent_ns = 0
        self._expect_head()

    def send(self, request: bytes) -> None:
        """Start one exchange."""
        self.request = request
        self.sent_ns = time.perf_counter_ns()
        self.socket.sendall(request)

    def feed(self, data: bytes) -> bool:
        """Take received bytes; return whether the answer is complete."""
        if self.missing < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._read_head(self.head[: end + 2])
            data = self.head[end + 4 :]
            self.head = self.head[:_ERROR_BYTES]
        if self.chunked:
            self.tail = (self.tail + data)[-len(_LAST_CHUNK) :]
            return self.tail == _LAST_CHUNK
        self.missing -= len(data)
        return self.missing <= 0

    def finish(self) -> tuple[int, bytes]:
        """Return nanoseconds taken and the beginning of the answer; get ready for the next."""
        taken = time.perf_counter_ns() - self.sent_ns
        head = self.head
        self._expect_head()
        return taken, head

    def reopen(self, port: int) -> None:
        """Replace a socket the server has closed."""
        self.socket.close()
        self.socket = _connect(port)
        self._expect_head()

    def _expect_head(self) -> None:
        self.head = b""
        self.tail = b""
        self.missing = -1
        self.chunked = False
        self.closing = False

    def _read_head(self, head: bytes) -> None:
        length = _LENGTH.search(head)
        self.missing = int(length[1]) if length else 0
        self.chunked = not length and _CHUNKED.search(head) is not None
        self.closing = _CLOSE.search(head) is not None


def run_load(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    """Drive the server for `seconds`, or until `requests` ends; unfinished answers are awaited."""
    load = Load()
    opened = [Connection(port) for _ in range(connections)]
    poller = select.epoll()
    busy: dict[int, Connection] = {}
    started = time.perf_counter()
    try:
        for connection in opened:
            _next(connection, requests, poller, busy)
        _drive(load, port, requests, poller, busy, started + seconds)
    finally:
        load.elapsed_s = time.perf_counter() - started
        poller.close()
        for connection in opened:
            connection.socket.close()
    return load


def _drive(
    load: Load,
    port: int,
    requests: Iterator[bytes],
    poller: select.epoll,
    busy: dict[int, Connection],
    deadline: float,
) -> None:
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    while busy:
        ready = poller.poll(_ANSWER_LIMIT_S)
        if not ready:
            raise LoadError(f"no answer within {_ANSWER_LIMIT_S} s")
        for number, _ in ready:
            connection = busy[number]
            count = connection.socket.recv_into(buffer)
            if count == 0:
                _resend(connection, port, poller, busy)
            elif connection.feed(bytes(buffer[:count])):
                _record(load, connection)
                if connection.closing:
                    _reopen(connection, port, poller, busy)
                if time.perf_counter() < deadline:
                    _next(connection, requests, poller, busy)
                else:
                    _retire(connection, poller, busy)


def _record(load: Load, connection: Connection) -> None:
    closing = connection.closing
    taken, head = connection.finish()
    connection.closing = closing
    load.latencies_ns.append(taken)
    if head[9:10] != b"2":
        load.failed += 1
        load.first_failure = load.first_failure or head.decode("latin-1")


def _next(
    connection: Connection,
    requests: Iterator[bytes],
    poller: select.epoll,
    busy: dict[int, Connection],
) -> None:
    request = next(requests, None)
    if request is None:
        _retire(connection, poller, busy)
        return
    number = connection.socket.fileno()
    if number not in busy:
        poller.register(number, select.EPOLLIN)
        busy[number] = connection
    connection.send(request)


def _retire(connection: Connection, poller: select.epoll, busy: dict[int, Connection]) -> None:
    number = connection.socket.fileno()
    if busy.pop(number, None) is not None:
        poller.unregister(number)


def _reopen(
    connection: Connection, port: int, poller: select.epoll, busy: dict[int, Connection]
) -> None:
    _retire(connection, poller, busy)
    connection.reopen(port)


def _resend(
    connection: Connection, port: int, poller: select.epoll, busy: dict[int, Connection]
) -> None:
    """Repeat a request whose idle connection was closed under it; the clock runs on."""
    if connection.head:
        raise LoadError(f"connection closed within an answer: {connection.head!r}")
    started = connection.sent_ns
    _reopen(connection, port, poller, busy)
    _next(connection, iter([connection.request]), poller, busy)
    connection.sent_ns = started


def _connect(port: int) -> socket.socket:
    opened = socket.create_connection((_HOST, port), timeout=_ANSWER_LIMIT_S)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened

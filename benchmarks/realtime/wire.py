"""A blocking HTTP connection, and the moments at which the kernel got its bytes."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.load import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable

HOST: Final = "127.0.0.1"
ANSWER_LIMIT_S: Final = 30.0
ANCILLARY_BYTES: Final = 64
"""Room for the moment of an arrival."""

_TIMESTAMPS: Final = 35  # SO_TIMESTAMPNS of Linux
_MOMENT: Final = struct.Struct("qq")
_READ_BYTES: Final = 1 << 16


class Answer(NamedTuple):
    """One answer.

    Attributes:
        start: its first bytes.
        at_ns: when its last byte arrived, on the clock of `time.time_ns`.
    """

    status: int
    start: bytes
    at_ns: int


class Line:
    """A keep-alive connection for one request after the other; opened by the first."""

    def __init__(self, port: int, limit_s: float = ANSWER_LIMIT_S) -> None:
        self._port = port
        self._limit_s = limit_s
        self._connection: Connection | None = None

    def exchange(self, raw: bytes) -> Answer:
        """Send a request, return its answer.

        Raises:
            OSError: there is none in time; the next exchange opens another connection.
        """
        if self._connection is None:
            self._connection = Connection(self._port)
            self._connection.socket.settimeout(self._limit_s)
            _note_arrivals(self._connection.socket)
        try:
            answer = _exchange(self._connection, raw)
        except OSError:
            self.close()
            raise
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.socket.close()
            self._connection = None


def open_socket(port: int, limit_s: float, receive_bytes: int = 0) -> socket.socket:
    """Return a connection that notes arrivals; receive_bytes limits what it holds unread."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.settimeout(limit_s)
        if receive_bytes:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _note_arrivals(opened)
        opened.connect((HOST, port))
    except OSError:
        opened.close()
        raise
    return opened


def arrival_ns(ancillary: Iterable[tuple[int, int, bytes]]) -> int:
    """Return when the newest of the bytes read by one `recvmsg` arrived."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPS):
            seconds, nanoseconds = _MOMENT.unpack(data)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return time.time_ns()


def _note_arrivals(opened: socket.socket) -> None:
    opened.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)


def _exchange(connection: Connection, raw: bytes) -> Answer:
    connection.send(raw)
    while True:
        data, ancillary, _, _ = connection.socket.recvmsg(_READ_BYTES, ANCILLARY_BYTES)
        if not data:
            raise ConnectionResetError("closed before the end of an answer")
        if connection.feed(data):
            _, start = connection.finish()
            return Answer(int(start[9:12]), start, arrival_ns(ancillary))

"""One realtime stream of a client."""

from __future__ import annotations

import re
import socket
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.realtime.wire import ANSWER_LIMIT_S, open_socket
from benchmarks.target import ApiError, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.realtime.wire import Line

_CONNECT: Final = request("GET", "/api/realtime")
_CLIENT_ID: Final = re.compile(rb'"clientId":"(\w+)"')
_END: Final = b"\n\n"
_READ_BYTES: Final = 1 << 16
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER for no time at all


class Seat(NamedTuple):
    """What a stream listens to.

    Attributes:
        group: which posts are for it; the crowd is told the posts of each group.
    """

    topics: tuple[str, ...]
    token: str
    group: int = 0


class Stream:
    """An open stream and what it got.

    Attributes:
        titles: of the posts, in the order of their arrival.
        arrivals_ns: the moment of each.
        rest: the beginning of a frame.
        was_away: it has ended once, and another connection takes its place.
    """

    __slots__ = ("arrivals_ns", "rest", "seat", "socket", "titles", "was_away")

    def __init__(self, seat: Seat, opened: socket.socket) -> None:
        self.seat = seat
        self.socket = opened
        self.titles: list[bytes] = []
        self.arrivals_ns: list[int] = []
        self.rest = b""
        self.was_away = False

    def cut(self) -> None:
        """End the connection by a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.socket.close()


def open_stream(port: int, seat: Seat, line: Line, receive_bytes: int = 0) -> Stream:
    """Connect, subscribe over another connection, return the stream; blocks.

    Raises:
        ApiError: the server refused it.
        OSError: the connection failed.
    """
    opened = open_socket(port, ANSWER_LIMIT_S, receive_bytes)
    try:
        opened.sendall(_CONNECT)
        subscribe(line, _read_client_id(opened), seat)
    except BaseException:
        opened.close()
        raise
    opened.setblocking(False)
    return Stream(seat, opened)


def subscribe(line: Line, client_id: str, seat: Seat) -> None:
    """Tell the server what a client listens to.

    Raises:
        ApiError: it was refused.
        OSError: the connection failed.
    """
    body = {"clientId": client_id, "subscriptions": seat.topics}
    answer = line.exchange(request("POST", "/api/realtime", body, seat.token))
    if answer.status != 204:
        raise ApiError(f"subscribing gave {answer.status} {answer.start!r}")


def split_frames(data: bytes) -> tuple[bytes, bytes]:
    """Return the complete frames, and the beginning of the next one."""
    end = data.rfind(_END)
    if end < 0:
        return b"", data
    end += len(_END)
    return data[:end], data[end:]


def topics_of_length(count: int, length: int) -> Sequence[str]:
    """Return different topics on all posts, with options, of a length each."""
    heads = [f"posts/*?options=%7B%22query%22%3A%7B%22n%22%3A%22{n}-" for n in range(count)]
    tail = "%22%7D%7D"
    return [head + "x" * (length - len(head) - len(tail)) + tail for head in heads]


def _read_client_id(opened: socket.socket) -> str:
    received = b""
    while True:
        data = opened.recv(_READ_BYTES)
        if not data:
            raise ApiError(f"the stream ended at once: {received[:400]!r}")
        received += data
        found = _CLIENT_ID.search(received)
        if found and _END in received[found.end() :]:
            return found[1].decode()

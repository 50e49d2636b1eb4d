"""Listening sockets."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Any, Final

from pbpy.errors import ConfigError
from pbpy.serve.limits import BACKLOG, SILENCE_S

MAX_PORT: Final = 65_535
_HINTS: Final = {
    errno.EADDRINUSE: "; end the other server or choose another port",
    errno.EADDRNOTAVAIL: "; this machine does not have that address",
    errno.EACCES: "; ports below 1024 are for privileged users, a proxy may have them",
}


def listen(http: str) -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigError: http is no address, or it cannot be bound.
    """
    host, port = _parse_address(http)
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ConfigError(f"cannot listen on {http}: {error.strerror}") from error
    return _bind(family, address)


def listen_together(http: str, count: int) -> list[socket.socket]:
    """Return listening sockets of one address; the system spreads the connections over them.

    Measured with 64 connections that come at once and stay: two processes that accept from one
    socket get 64 and 0, or 51 and 13; two with a socket each get 35 and 29.

    Raises:
        ConfigError: http is no address, it cannot be bound, or the system is not Linux.
    """
    if sys.platform != "linux":
        raise ConfigError("several workers need Linux, which spreads connections over them")
    # Alone first: sockets that share an address would also share it with another server.
    with listen(http) as alone:
        family, address = alone.family, alone.getsockname()
    return [_bind(family, address, shared=True) for _ in range(count)]


def listen_again(family: int, address: Any) -> socket.socket:
    """Return one more socket of an address of `listen_together`.

    Raises:
        ConfigError: it cannot be bound.
    """
    return _bind(family, address, shared=True)


def _bind(family: int, address: Any, *, shared: bool = False) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _limit_silence(listener)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = _HINTS.get(error.errno or 0, "")
        raise ConfigError(
            f"cannot listen on {address[0]} port {address[1]}: {error.strerror}{hint}"
        ) from error
    listener.setblocking(False)
    return listener


def _limit_silence(listener: socket.socket) -> None:
    """Have the system end connections whose other end has vanished, or reads nothing.

    Accepted sockets inherit it. A stream would otherwise hold its buffers for as long as a
    stalled reader likes, and a client that lost its network would stay on it.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENCE_S)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_S * 1000)


def _parse_address(http: str) -> tuple[str, int]:
    host, colon, port = http.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise ConfigError(f"not an address with a port, such as 127.0.0.1:8090: {http!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)

"""Server-sent events: messages and their bytes, as PocketBase frames them."""

from __future__ import annotations

from functools import cached_property
from typing import Final

CONNECT: Final = "PB_CONNECT"
"""The name of a stream's first message."""

HEARTBEAT: Final = b":\n\n"
"""A comment: keeps proxies from closing a quiet stream; clients ignore it."""


class Message:
    """One event; data is its text in UTF-8, mostly JSON. Shared by all who receive it."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data

    @cached_property
    def tail(self) -> bytes:
        """What follows the client's id in the frame; the same for every client."""
        name = b" ".join(self.name.encode("utf-8", "replace").splitlines())
        data = self.data
        if b"\n" in data or b"\r" in data:
            data = b"\ndata:".join(data.splitlines())
        return b"\nevent:" + name + b"\ndata:" + data + b"\n\n"


def frame_prefix(client_id: str) -> bytes:
    """Return what every frame of a client begins with."""
    return b"id:" + client_id.encode()

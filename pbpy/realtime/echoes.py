"""Echoes: what this process tells all about its own commits, until it hears it back.

Everybody acts on a change when the bus delivers it, the process that made it included: only so
do all see one order. Who made it is held up until its own process has acted.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pbpy.bus.bus import Message

if TYPE_CHECKING:
    from pbpy.context import Context

T = TypeVar("T")

WAIT_LIMIT_S: Final = 1.0
"""How long a writer is held up at most, by all messages of its transaction together; they go
their way all the same."""

_GAP: Final = b" "


class Echo(Generic[T]):
    """One message of this process on its way back to it.

    Attributes:
        content: what the process itself needs of it.
    """

    __slots__ = ("_deadline", "_heard", "content")

    def __init__(self, content: T) -> None:
        loop = asyncio.get_running_loop()
        self.content = content
        self._heard = loop.create_future()
        self._deadline = loop.time() + WAIT_LIMIT_S

    def release(self) -> None:
        """Let the writer go on."""
        if not self._heard.done():
            self._heard.set_result(None)

    async def wait(self) -> None:
        """Wait for `release`, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                await self._heard


class Echoes(Generic[T]):
    """The messages of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._count = 0
        self._on_their_way: dict[bytes, Echo[T]] = {}

    def publish(self, ctx: Context, content: T, data: bytes) -> None:
        """Send data to all with the commit of ctx; content stays here."""
        self._count += 1
        token = b"%d" % self._count
        echo = self._on_their_way[token] = Echo(content)
        ctx.bus.publish(Message(self._kind, token + _GAP + data), ctx.tx)
        ctx.tx.after_commit(echo.wait)
        ctx.tx.after_rollback(lambda: self._forget(token))

    def _forget(self, token: bytes) -> None:
        self._on_their_way.pop(token, None)

    def take(self, ctx: Context, message: Message) -> Echo[T] | None:
        """Return the echo that a heard message is; None for the message of another process."""
        if message.sender != ctx.bus.worker:
            return None
        return self._on_their_way.pop(message.data.partition(_GAP)[0], None)

    @staticmethod
    def data_of(message: Message) -> bytes:
        """Return the data of a message of another process."""
        return message.data.partition(_GAP)[2]

"""Echoes: what this process tells all about its own commits, until it hears it back.

Everybody acts on a change when the bus delivers it, the process that made it included: only so
do all see one order. Who made it is held up until all have acted, for a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pbpy.bus.bus import Message

if TYPE_CHECKING:
    from pbpy.context import Context

T = TypeVar("T")

QUEUED_LIMIT_S: Final = 1.0
"""How long a writer waits at most until its messages are queued for the streams of this process,
those of one transaction together. Then they go their way all the same."""

WRITTEN_LIMIT_S: Final = 0.01
"""How long it then waits until all processes have written them. Few streams have them before the
answer; many get those of several changes in one write."""

_GAP: Final = b" "


class Echo(Generic[T]):
    """One message of this process on its way back to it.

    Attributes:
        content: what the process itself needs of it.
    """

    __slots__ = ("_deadline", "_left", "_queued", "_written", "content")

    def __init__(self, content: T, others: int) -> None:
        """Make an echo which so many other processes will confirm."""
        loop = asyncio.get_running_loop()
        self.content = content
        self._queued = loop.create_future()
        self._written = loop.create_future()
        self._left = others + 1
        self._deadline = loop.time() + QUEUED_LIMIT_S

    def queued(self) -> None:
        """Note that the messages are queued here."""
        if not self._queued.done():
            self._queued.set_result(asyncio.get_running_loop().time())

    def written(self) -> None:
        """Note that they are written, here or in another process."""
        self._left -= 1
        if self._left == 0 and not self._written.done():
            self._written.set_result(None)

    def release(self) -> None:
        """Let the writer go on."""
        self._left = 1
        self.queued()
        self.written()

    async def wait(self) -> None:
        """Wait until all is written, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                queued_at: float = await self._queued
            async with asyncio.timeout_at(queued_at + WRITTEN_LIMIT_S):
                await self._written


class Echoes(Generic[T]):
    """The messages of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._count = 0
        self._on_their_way: dict[bytes, Echo[T]] = {}
        self._unconfirmed: dict[bytes, Echo[T]] = {}

    def join(self, ctx: Context) -> None:
        """Begin to hear what other processes confirm."""
        ctx.bus.on_confirmed(self._kind, self._note_confirmed)

    def publish(self, ctx: Context, content: T, data: bytes, others: int = 0) -> None:
        """Send data to all with the commit of ctx; content stays here.

        Args:
            ctx: bound to the transaction.
            content: what `take` gives back.
            data: what the other processes get.
            others: how many of them will confirm it.
        """
        self._count += 1
        token = b"%d" % self._count
        echo = self._on_their_way[token] = Echo(content, others)
        if others:
            self._unconfirmed[token] = echo
        ctx.bus.publish(Message(self._kind, token + _GAP + data), ctx.tx)
        ctx.tx.after_commit(partial(self._wait, token, echo))
        ctx.tx.after_rollback(partial(self._forget, token))

    async def _wait(self, token: bytes, echo: Echo[T]) -> None:
        try:
            await echo.wait()
        finally:
            self._unconfirmed.pop(token, None)

    def _forget(self, token: bytes) -> None:
        self._on_their_way.pop(token, None)
        self._unconfirmed.pop(token, None)

    def _note_confirmed(self, token: bytes) -> None:
        echo = self._unconfirmed.get(token)
        if echo is not None:
            echo.written()

    def take(self, ctx: Context, message: Message) -> Echo[T] | None:
        """Return the echo that a heard message is; None for the message of another process."""
        if message.sender != ctx.bus.worker:
            return None
        return self._on_their_way.pop(message.data.partition(_GAP)[0], None)

    @staticmethod
    def data_of(message: Message) -> bytes:
        """Return the data of a message of another process."""
        return message.data.partition(_GAP)[2]

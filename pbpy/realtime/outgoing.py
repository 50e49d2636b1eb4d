"""Outgoing: the changes that are on their way to the streams of this process.

They are judged side by side and sent in the order in which the bus delivered them. Of one record
that is always so; a change of another record passes one that takes long to judge.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from pbpy.realtime.fanout import find_deliveries

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.change import Change
    from pbpy.realtime.fanout import Delivery
    from pbpy.realtime.rounds import Rounds

MAX_OUTGOING: Final = 500
"""With more changes on their way, those that follow stay with the bus."""

PATIENCE_S: Final = 0.05
"""How long a change waits for those of other records."""


class Writer(Protocol):
    """Whoever made a change, and waits for its messages."""

    def queued(self) -> None:
        """Note that they are queued for the streams of this process."""

    def written(self) -> None:
        """Note that they are written."""

    def release(self) -> None:
        """Let it go on."""


class Passage(NamedTuple):
    """A change on its way.

    Attributes:
        deliveries: what is to be sent; None when it is not judged yet.
        writer: who waits for it.
    """

    change: Change
    deliveries: list[Delivery] | None
    writer: Writer


class _Before(NamedTuple):
    """What goes before a change; done when it is sent.

    Attributes:
        last: the newest of all changes.
        same: the newest one of its record.
    """

    last: asyncio.Future[None] | None
    same: asyncio.Future[None] | None


class Outgoing:
    """All changes on their way."""

    def __init__(self, broker: Broker, rounds: Rounds) -> None:
        self._broker = broker
        self._rounds = rounds
        self._last: asyncio.Future[None] | None = None
        self._of_record: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._count = 0
        self._room = asyncio.Event()

    async def add(self, ctx: Context, passage: Passage) -> None:
        """Begin to send a change; wait while there are too many."""
        while self._count >= MAX_OUTGOING:
            self._room.clear()
            await self._room.wait()
        self._count += 1
        key = passage.change.key
        before = _Before(self._last, self._of_record.get(key))
        sent = self._last = self._of_record[key] = asyncio.get_running_loop().create_future()
        if before.same is not None:
            # It may be waiting for this writer: a handler that saves the record which it shows.
            passage.writer.release()
        if not ctx.background.start(self._send(ctx, passage, before, sent), "realtime"):
            await self._send(ctx, passage, before, sent)

    async def _send(
        self, ctx: Context, passage: Passage, before: _Before, sent: asyncio.Future[None]
    ) -> None:
        try:
            deliveries = passage.deliveries
            if deliveries is None:
                deliveries = await judge(ctx, self._broker, passage.change)
            if before.last is not None and not before.last.done():
                await asyncio.wait((before.last,), timeout=PATIENCE_S)
            if before.same is not None and not before.same.done():
                await asyncio.wait((before.same,))
            for delivery in deliveries:
                await delivery.send()
        finally:
            passage.writer.queued()
            self._rounds.add(lambda _: passage.writer.written())
            sent.set_result(None)
            if self._of_record[passage.change.key] is sent:
                del self._of_record[passage.change.key]
            self._count -= 1
            self._room.set()


async def judge(ctx: Context, broker: Broker, change: Change) -> list[Delivery]:
    """Return who hears of a change; nobody, and a line in the log, when that fails."""
    try:
        return await find_deliveries(ctx, broker, change)
    except Exception:  # the write is done or goes on, whatever becomes of its events
        ctx.log.exception("a realtime event of %s was lost", change.collection.name)
        return []

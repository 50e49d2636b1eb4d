"""Outgoing: the changes that are on their way to the streams of this process.

They are judged side by side and sent in the order in which the bus delivered them. Of one record
that is always so; a change of another record passes one that takes long to judge.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from pbpy.realtime.fanout import find_deliveries, is_heard

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


class Author(Protocol):
    """Whoever made a change, and waits for its messages."""

    def queued(self) -> None:
        """Note that they are queued for the streams of this process."""

    def written(self) -> None:
        """Note that they are written."""

    def release(self) -> None:
        """Let it go on."""


class OutgoingChange(NamedTuple):
    """A change on its way.

    Attributes:
        deliveries: what is to be sent; None when it is not judged yet.
        author: who waits for it.
    """

    change: Change
    deliveries: list[Delivery] | None
    author: Author


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

    async def add(self, ctx: Context, outgoing: OutgoingChange) -> None:
        """Begin to send a change, if anybody hears of it; wait while there are too many."""
        if not self._is_wanted(ctx, outgoing):
            outgoing.author.queued()
            outgoing.author.written()
            return
        while self._count >= MAX_OUTGOING:
            self._room.clear()
            await self._room.wait()
        self._count += 1
        key = outgoing.change.key
        before = _Before(self._last, self._of_record.get(key))
        sent = self._last = self._of_record[key] = asyncio.get_running_loop().create_future()
        if before.same is not None:
            # It may be waiting for this author: a handler that saves the record which it shows.
            outgoing.author.release()
        if not ctx.background.start(self._send(ctx, outgoing, before, sent), "realtime"):
            await self._send(ctx, outgoing, before, sent)

    def _is_wanted(self, ctx: Context, outgoing: OutgoingChange) -> bool:
        if outgoing.deliveries is not None:
            return bool(outgoing.deliveries)
        collection = ctx.catalog.by_id(outgoing.change.collection.id)
        return collection is not None and is_heard(
            self._broker, collection, outgoing.change.record_id
        )

    async def _send(
        self, ctx: Context, outgoing: OutgoingChange, before: _Before, sent: asyncio.Future[None]
    ) -> None:
        try:
            deliveries = outgoing.deliveries
            if deliveries is None:
                deliveries = await find_deliveries(ctx, self._broker, outgoing.change)
            if before.last is not None and not before.last.done():
                await asyncio.wait((before.last,), timeout=PATIENCE_S)
            if before.same is not None and not before.same.done():
                await asyncio.wait((before.same,))
            for delivery in deliveries:
                await delivery.send()
        finally:
            outgoing.author.queued()
            self._rounds.add(lambda _: outgoing.author.written())
            sent.set_result(None)
            if self._of_record.get(outgoing.change.key) is sent:
                del self._of_record[outgoing.change.key]
            self._count -= 1
            self._room.set()

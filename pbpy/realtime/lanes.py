"""Lanes: the changes that are on their way to the streams of this process.

Those of one record go one after the other; others do not wait for them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from pbpy.realtime.fanout import find_deliveries

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.context import Context
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.change import Change
    from pbpy.realtime.fanout import Delivery

MAX_WAITING: Final = 500
"""With more changes on their way, those that follow stay with the bus."""


class Passage(NamedTuple):
    """A change on its way.

    Attributes:
        deliveries: what is to be sent; None when it is not judged yet.
        release: lets the writer of the change go on.
    """

    change: Change
    deliveries: list[Delivery] | None = None
    release: Callable[[], None] = lambda: None


class Lanes:
    """All changes on their way, by record."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lanes: dict[tuple[str, str], deque[Passage]] = {}
        self._waiting = 0
        self._room = asyncio.Event()

    async def add(self, ctx: Context, passage: Passage) -> None:
        """Send a change when those of its record have been sent; wait while there are too many."""
        while self._waiting >= MAX_WAITING:
            self._room.clear()
            await self._room.wait()
        self._waiting += 1
        lane = self._lanes.get(passage.change.key)
        if lane is not None:
            lane.append(passage)
            # What is before it may be waiting for its writer: a handler that saves the record.
            passage.release()
            return
        self._lanes[passage.change.key] = deque((passage,))
        work = self._move(ctx, passage.change.key)
        if not ctx.background.start(work, "realtime"):
            await self._move(ctx, passage.change.key)

    async def _move(self, ctx: Context, key: tuple[str, str]) -> None:
        """Send the changes of one record, the oldest first."""
        lane = self._lanes[key]
        try:
            while lane:
                await self._send(ctx, lane[0])
                lane.popleft().release()
                self._waiting -= 1
                self._room.set()
        finally:
            self._waiting -= len(lane)
            del self._lanes[key]

    async def _send(self, ctx: Context, passage: Passage) -> None:
        deliveries = passage.deliveries
        if deliveries is None:
            deliveries = await judge(ctx, self._broker, passage.change)
        for delivery in deliveries:
            await delivery.send()


async def judge(ctx: Context, broker: Broker, change: Change) -> list[Delivery]:
    """Return who hears of a change; nobody, and a line in the log, when that fails."""
    try:
        return await find_deliveries(ctx, broker, change)
    except Exception:  # the write is done or goes on, whatever becomes of its events
        ctx.log.exception("a realtime event of %s was lost", change.collection.name)
        return []

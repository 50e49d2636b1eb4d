"""Deletions: who may hear of one is asked before it, in every process that has listeners.

The rules are asked outside of the transaction, so what cascades along is judged while its
parent still exists (SEC-37). The answers wait, each in its process, for the commit.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakKeyDictionary

import orjson

from pbpy.bus.bus import Message
from pbpy.realtime.change import change_of, count_elsewhere, pack, unpack
from pbpy.realtime.fanout import find_deliveries, is_heard
from pbpy.realtime.topic import record_topics

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.change import Change
    from pbpy.realtime.fanout import Delivery
    from pbpy.records.record import Record

_ASK: Final = "realtime.deletion"
_FORGET: Final = "realtime.kept"
_KEPT_S: Final = 300.0
"""How long an answer waits for the commit of another process, which may have died."""
_GAP: Final = b" "


class Deletion(NamedTuple):
    """A record that is about to be deleted by this process.

    Attributes:
        token: names it for the other processes.
        deliveries: who hears of it here.
        others: how many other processes may have been asked; None if unknown.
    """

    token: bytes
    change: Change
    deliveries: list[Delivery]
    others: int | None

    @property
    def notice(self) -> bytes:
        """What the other processes get when it is committed."""
        return self.token + _GAP + orjson.dumps(self.change.key)


class Kept(NamedTuple):
    """A deletion that another process is about to commit.

    Attributes:
        deliveries: who hears of it here.
        until: when it is given up, on the monotonic clock.
    """

    change: Change
    deliveries: list[Delivery]
    until: float


class Deletions:
    """The deletions of this process, and those of others that it was asked about."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._count = 0
        self._own: WeakKeyDictionary[Record, Deletion] = WeakKeyDictionary()
        self._kept: dict[tuple[str, bytes], Kept] = {}

    def join(self, ctx: Context) -> None:
        """Answer the other processes from now on."""

        async def answer(message: Message) -> None:
            await self._keep(ctx, message)

        async def forget(message: Message) -> None:
            self._kept.pop((message.sender, message.data), None)

        ctx.bus.subscribe(_ASK, answer)
        ctx.bus.subscribe(_FORGET, forget)

    # of this process

    async def ask(self, ctx: Context, record: Record) -> None:
        """Find out who may hear of a deletion, here and elsewhere."""
        change = change_of(record, "delete")
        others = count_elsewhere(ctx.bus, change.collection)
        is_wanted = is_heard(self._broker, change.collection, record.original_id)
        if others == 0 and not is_wanted:
            return
        self._count += 1
        token = b"%d" % self._count
        if others != 0:
            await ctx.bus.ask_others(Message(_ASK, token + _GAP + pack(change)))
        deliveries = await find_deliveries(ctx.unbound, self._broker, change) if is_wanted else []
        self._own[record] = Deletion(token, change, deliveries, others)

    def take(self, record: Record) -> Deletion | None:
        """Return what was found out about a record; None when nobody hears of it."""
        return self._own.pop(record, None)

    def forget(self, ctx: Context, deletion: Deletion | None) -> None:
        """Let the other processes know that a record was not deleted after all."""
        if deletion is not None and deletion.others != 0:
            ctx.bus.publish(Message(_FORGET, deletion.token))

    # of others

    async def _keep(self, ctx: Context, message: Message) -> None:
        token, _, data = message.data.partition(_GAP)
        change = unpack(data, ctx.catalog)
        if change is None:
            return
        deliveries = await find_deliveries(ctx, self._broker, change)
        self._drop_old()
        until = time.monotonic() + _KEPT_S
        self._kept[message.sender, token] = Kept(change, deliveries, until)

    def _drop_old(self) -> None:
        now = time.monotonic()
        while self._kept:
            key = next(iter(self._kept))
            if self._kept[key].until > now:
                return
            del self._kept[key]

    def take_kept(self, ctx: Context, sender: str, notice: bytes) -> Kept | None:
        """Return what was kept of a deletion that is committed now.

        Where this process was not asked in time, nobody can tell any more who might have heard of
        it, and the streams of all who listen end: their clients connect and load anew.
        """
        token, _, record_key = notice.partition(_GAP)
        kept = self._kept.pop((sender, token), None)
        if kept is None:
            collection_id, record_id = orjson.loads(record_key)
            collection = ctx.catalog.by_id(collection_id)
            if collection is not None:
                for name, _ in record_topics(collection.name, collection.id, record_id):
                    self._broker.end_streams(name)
        return kept

"""Record events: hears every committed change of a record and fans it out, in commit order.

A change is noted inside its transaction, while nobody else can write, and handed on when the
transaction ends. What happens at the end of transactions may be delayed differently for each
(files are removed, hooks run), so the changes of one record wait for one another.

The rules of a deletion are asked before it, outside of its transaction: what cascades along
is judged while its parent still exists.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

from pbpy.realtime.fanout import Change, find_deliveries, is_heard

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pbpy.context import Context
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.hooks.events import RecordEvent
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.fanout import Action, Delivery
    from pbpy.records.record import Record

_INNERMOST: Final = 99


class _Noted:
    """A change on its way.

    Attributes:
        deliveries: what is still to be sent; None before it was judged, which for a deletion
            is before its transaction.
        is_settled: its transaction has ended.
        is_lost: it was rolled back.
    """

    __slots__ = ("change", "deliveries", "is_lost", "is_settled")

    def __init__(self, change: Change, deliveries: list[Delivery] | None) -> None:
        self.change = change
        self.deliveries = deliveries
        self.is_settled = False
        self.is_lost = False


class _Lane:
    """The changes of one record, oldest first."""

    __slots__ = ("is_moving", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[_Noted] = deque()
        self.is_moving = False


class RecordEvents:
    """Listens to the record hooks of one application."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._judged: WeakKeyDictionary[Record, list[Delivery]] = WeakKeyDictionary()

    def bind(self, hooks: AppHooks) -> None:
        """Begin to listen."""
        for hook, handler in (
            (hooks.on_record_create_execute, self._create),
            (hooks.on_record_update_execute, self._update),
            (hooks.on_record_delete, self._judge_delete),
            (hooks.on_record_delete_execute, self._delete),
        ):
            hook.bind(handler, id="pbRealtime", priority=_INNERMOST)

    async def _create(self, event: RecordEvent) -> None:
        await event.next()
        self._note(event, "create", None)

    async def _update(self, event: RecordEvent) -> None:
        await event.next()
        self._note(event, "update", None)

    async def _judge_delete(self, event: RecordEvent) -> None:
        record = event.record
        if is_heard(self._broker, record.collection, record.original_id):
            outside = cast("Context", event.app).unbound
            self._judged[record] = await self._find(outside, _change(record, "delete"))
        await event.next()

    async def _delete(self, event: RecordEvent) -> None:
        await event.next()
        self._note(event, "delete", self._judged.pop(event.record, []))

    def _note(self, event: RecordEvent, action: Action, judged: list[Delivery] | None) -> None:
        """Keep the place of a change among those of its record until the transaction ends."""
        ctx = cast("Context", event.app)
        noted = _Noted(_change(event.record, action), judged)
        key = (noted.change.collection.id, noted.change.record_id)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
        lane.waiting.append(noted)
        ctx.tx.after_commit(partial(self._settle, ctx.unbound, key, noted))
        ctx.tx.after_rollback(partial(self._lose, ctx.unbound, key, noted))

    def _settle(self, ctx: Context, key: tuple[str, str], noted: _Noted) -> Awaitable[None] | None:
        noted.is_settled = True
        lane = self._lanes[key]
        if lane.is_moving:
            return None
        if noted.deliveries is None and not self._broker.clients and len(lane.waiting) == 1:
            del self._lanes[key]
            return None
        return self._move(ctx, key, lane)

    def _lose(self, ctx: Context, key: tuple[str, str], noted: _Noted) -> Awaitable[None] | None:
        noted.is_lost = True
        return self._settle(ctx, key, noted)

    async def _move(self, ctx: Context, key: tuple[str, str], lane: _Lane) -> None:
        """Send what is settled at the head of a lane, one change after the other."""
        if lane.is_moving:
            return
        lane.is_moving = True
        try:
            while lane.waiting and lane.waiting[0].is_settled:
                await self._send(ctx, lane.waiting[0])
                lane.waiting.popleft()
        except asyncio.CancelledError:
            # Whoever wrote the record does not wait any more; its subscribers do.
            lane.is_moving = False
            ctx.background.start(self._move(ctx, key, lane), "realtime")
            raise
        finally:
            if not lane.waiting:
                self._lanes.pop(key, None)
        lane.is_moving = False

    async def _send(self, ctx: Context, noted: _Noted) -> None:
        if noted.is_lost:
            return
        if noted.deliveries is None:
            noted.deliveries = await self._find(ctx, noted.change)
        while noted.deliveries:
            await noted.deliveries[0].send()
            noted.deliveries.pop(0)

    async def _find(self, ctx: Context, change: Change) -> list[Delivery]:
        try:
            return await find_deliveries(ctx, self._broker, change)
        except Exception:  # the write is done or goes on, whatever becomes of its events
            ctx.log.exception("a realtime event of %s was lost", change.collection.name)
            return []


def _change(record: Record, action: Action) -> Change:
    return Change(action, record.collection, record.id, record.export_row())

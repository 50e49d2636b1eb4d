"""Realtime: what app code holds as `app.realtime`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from pbpy.bus.bus import MISSED
from pbpy.bus.bus import Message as BusMessage
from pbpy.bus.local_bus import LocalBus
from pbpy.realtime.auth_changes import AuthChanges
from pbpy.realtime.broker import Broker, group_of
from pbpy.realtime.oauth2 import join_oauth2
from pbpy.realtime.record_events import RecordEvents
from pbpy.realtime.rounds import Rounds
from pbpy.realtime.sse import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.realtime.client import Client

_CUSTOM: Final = "realtime.custom"
_END: Final = b"\n"


class Realtime:
    """The open streams of this process, and messages to those of all.

    Attributes:
        broker: who is connected to this process and listens to what.
        rounds: the streams that have something to write.
    """

    def __init__(self, hooks: AppHooks) -> None:
        self._last_sent = self._last_heard = 0
        self.broker = Broker(LocalBus())  # until the application is open
        self.rounds = Rounds()
        self._record_events = RecordEvents(self.broker, self.rounds)
        self._record_events.bind(hooks)
        self._auth_changes = AuthChanges(self.broker)
        self._auth_changes.bind(hooks)

    def join(self, ctx: Context) -> None:
        """Begin to hear what other processes do, over the bus of an application."""
        self.broker.bus = ctx.bus
        self._auth_changes.join(ctx)
        self._record_events.join(ctx)
        join_oauth2(ctx)
        ctx.bus.subscribe(_CUSTOM, self._hear)
        ctx.bus.subscribe(MISSED, self._start_anew)

    @property
    def clients(self) -> Mapping[str, Client]:
        """The clients connected to this process by id; `client.send(name, data)` writes to one."""
        return self.broker.clients

    def send(self, topic: str, data: JsonValue) -> None:
        """Send data as JSON to all who subscribed to a topic of your own, in every process.

        Args:
            topic: without options; who subscribed with some gets the event under that text.
            data: what orjson encodes.
        """
        encoded, bus = orjson.dumps(data), self.broker.bus
        # What was published before must not be overtaken.
        would_overtake = self._last_heard != self._last_sent
        if would_overtake or bus.count_elsewhere(group_of(topic)) != 0:
            self._last_sent += 1
            head = orjson.dumps([topic, self._last_sent])
            bus.publish(BusMessage(_CUSTOM, head + _END + encoded))
        else:
            self._send(topic, encoded)

    def _send(self, topic: str, encoded: bytes) -> None:
        self.broker.send(topic, lambda text: Message(text, encoded))

    async def _hear(self, message: BusMessage) -> None:
        head, _, encoded = message.data.partition(_END)
        topic, number = orjson.loads(head)
        if message.sender == self.broker.bus.worker:
            self._last_heard = number
        self._send(topic, encoded)

    async def _start_anew(self, _: BusMessage) -> None:
        """End all streams: some events are lost, and clients that connect anew load anew."""
        self.broker.close()

    def close(self) -> None:
        """End all streams."""
        self.broker.close()

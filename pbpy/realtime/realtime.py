"""Realtime: what app code holds as `app.realtime`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from pbpy.realtime.auth_changes import AuthChanges
from pbpy.realtime.broker import Broker
from pbpy.realtime.record_events import RecordEvents
from pbpy.realtime.sse import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.errors import JsonValue
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.realtime.client import Client


class Realtime:
    """The open streams of this process, and messages to them.

    Attributes:
        broker: who is connected and listens to what.
    """

    def __init__(self, hooks: AppHooks) -> None:
        self.broker = Broker()
        self._record_events = RecordEvents(self.broker)
        self._record_events.bind(hooks)
        AuthChanges(self.broker).bind(hooks)

    @property
    def clients(self) -> Mapping[str, Client]:
        """The connected clients by id; `client.send(name, data)` writes to one of them."""
        return self.broker.clients

    def send(self, topic: str, data: JsonValue) -> int:
        """Send data as JSON to all who subscribed to a topic of your own.

        Args:
            topic: without options; who subscribed with some gets the event under that text.
            data: what orjson encodes.

        Returns:
            To how many subscriptions it went.
        """
        encoded = orjson.dumps(data)
        return self.broker.send(topic, lambda text: Message(text, encoded))

    def close(self) -> None:
        """End all streams."""
        self.broker.close()

"""The events of realtime streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.hooks.events import RequestEvent

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.realtime.client import Client
    from pbpy.realtime.sse import Message
    from pbpy.records.request_info import RequestInfo


class RealtimeConnectRequestEvent(RequestEvent):
    """A stream is opened; what follows `next()` runs when it has ended.

    Attributes:
        client: the new client; it is not registered before `next()`.
        idle_timeout_s: how long the stream may be without a message.
        max_timeout_s: how long it may last.
    """

    __slots__ = ("client", "idle_timeout_s", "max_timeout_s")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        client: Client,
        *,
        idle_timeout_s: float,
        max_timeout_s: float,
    ) -> None:
        super().__init__(app, info)
        self.client = client
        self.idle_timeout_s = idle_timeout_s
        self.max_timeout_s = max_timeout_s


class RealtimeMessageEvent(RequestEvent):
    """A message is about to be written to a stream; handlers may change it.

    Without `next()` it is not written; an exception ends the stream.
    """

    __slots__ = ("client", "message")

    def __init__(self, app: App, info: RequestInfo, client: Client, message: Message) -> None:
        super().__init__(app, info)
        self.client = client
        self.message = message


class RealtimeSubscribeRequestEvent(RequestEvent):
    """A client replaces what it listens to; handlers may change `subscriptions`."""

    __slots__ = ("client", "subscriptions")

    def __init__(
        self, app: App, info: RequestInfo, client: Client, subscriptions: list[str]
    ) -> None:
        super().__init__(app, info)
        self.client = client
        self.subscriptions = subscriptions

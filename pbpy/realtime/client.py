"""Client: one open stream as the broker sees it. No I/O; whoever writes the stream is woken."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import orjson

from pbpy.ids import random_text
from pbpy.realtime.sse import Message
from pbpy.records.request_info import RequestInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.errors import JsonValue
    from pbpy.realtime.topic import Topic
    from pbpy.records.judge import Memory
    from pbpy.records.record import Record

ID_LENGTH: Final = 40

MAX_QUEUED: Final = 256
"""Messages that wait for a slow reader. One more closes its stream: the SDK then connects and
subscribes again and the app can load anew, while a gap in the messages would go unnoticed."""


class Subscription:
    """What one client listens to with one topic.

    Attributes:
        is_active: False once the client has replaced it or has gone.
        memory: what rules asked of this subscriber.
    """

    __slots__ = ("_info", "client", "is_active", "memory", "topic")

    def __init__(self, client: Client, topic: Topic) -> None:
        self.client = client
        self.topic = topic
        self.is_active = True
        self.memory: Memory = {}
        self._info: RequestInfo | None = None

    @property
    def info(self) -> RequestInfo:
        """The request that rules see: the options with the client's present auth record."""
        if self._info is None:
            self._info = RequestInfo(
                context="realtime", query=self.topic.query, auth=self.client.auth
            )
            self._info.headers = self.topic.headers
        return self._info

    def forget(self) -> None:
        """Make everything anew that depends on the client's auth record."""
        self._info = None
        self.memory.clear()


class Client:
    """One open stream. Only the broker changes `auth` and `subscriptions`.

    Attributes:
        id: what the client names itself by when it subscribes.
        ip: the address that it connected from; "" when that is unknown.
        auth: the signed-in record, None for guests.
        subscriptions: by their submitted text.
        queue: messages that are not written yet.
        is_closed: the stream is to end, or has ended.
        has_overflowed: it was closed because nobody read it.
        auth_expires_at: when the token behind `auth` does, in Unix seconds; None for never.
        revocations: how many times its auth was ended from outside.
        wake: called when there is something to write, or the stream is to end.
    """

    __slots__ = (
        "auth",
        "auth_expires_at",
        "has_overflowed",
        "id",
        "ip",
        "is_closed",
        "queue",
        "revocations",
        "subscriptions",
        "wake",
    )

    def __init__(self, ip: str = "", worker: str = "") -> None:
        """Make a client of the process that a bus calls worker, with which its id begins."""
        self.id = worker + random_text(ID_LENGTH - len(worker))
        self.ip = ip
        self.auth: Record | None = None
        self.auth_expires_at: float | None = None
        self.subscriptions: dict[str, Subscription] = {}
        self.queue: deque[Message] = deque()
        self.is_closed = False
        self.has_overflowed = False
        self.revocations = 0
        self.wake: Callable[[], None] = _nothing

    def __repr__(self) -> str:
        return f"<Client {self.id}>"

    def send(self, name: str, data: JsonValue) -> bool:
        """Queue an event of app code, whatever the client has subscribed to; False if closed."""
        return self.push(Message(name, orjson.dumps(data)))

    def push(self, message: Message) -> bool:
        """Queue a message; False when the stream is closed, or has been for want of room."""
        if self.is_closed:
            return False
        if len(self.queue) >= MAX_QUEUED:
            self.has_overflowed = True
            self.close()
            return False
        self.queue.append(message)
        self.wake()
        return True

    def close(self) -> None:
        """End the stream; what is queued is dropped."""
        if not self.is_closed:
            self.is_closed = True
            self.queue.clear()
            self.wake()


def _nothing() -> None:
    """Wake nobody: the stream is not being written yet."""

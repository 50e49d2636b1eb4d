"""Streams over ASGI: httpx's transport would wait for their end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from pbpy.api.asgi import create_asgi
from pbpy.auth.tokens import issue_auth_token
from pbpy.realtime.sse import HEARTBEAT
from tests.realtime.event_source import EventReader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Protocol

    from pbpy.api.asgi import Edge
    from pbpy.app import App
    from pbpy.records.record import Record
    from tests.realtime.event_source import Event

    class Play(Protocol):
        """Runs a scenario; options are those of the configuration."""

        def __call__(
            self, scenario: Callable[[World], Awaitable[None]], **options: Any
        ) -> None: ...


LIMIT_S = 5


class OpenStream:
    """A GET that goes on: one client of `/api/realtime`.

    Attributes:
        status: of the answer, once there is one.
        headers: of the answer.
        raw: everything that was sent.
        is_complete: whether the answer ended as HTTP wants it.
        beaten: there was a heartbeat.
    """

    def __init__(self, edge: Edge, ip: str = "127.0.0.1", method: str = "GET") -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.raw = b""
        self.is_complete = False
        self.client_id = ""
        self._ip = ip
        self._method = method
        self._reading = asyncio.Event()
        self._reading.set()
        self._gone = asyncio.Event()
        self.beaten = asyncio.Event()
        self._has_asked = False
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._reader = EventReader()
        self.task = asyncio.create_task(edge.http(self._scope(), self._receive, self._send))

    def _scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self._method,
            "path": "/api/realtime",
            "raw_path": b"/api/realtime",
            "root_path": "",
            "query_string": b"",
            "headers": [],
            "client": (self._ip, 1),
        }

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self._reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        chunk = message.get("body", b"")
        self.raw += chunk
        if chunk == HEARTBEAT:
            self.beaten.set()
        self.is_complete = not message.get("more_body", False)
        for event in self._reader.feed(chunk):
            self._events.put_nowait(event)

    def hold(self) -> None:
        """Read nothing any more."""
        self._reading.clear()

    async def next(self) -> Event:
        """Wait for an event."""
        async with asyncio.timeout(LIMIT_S):
            return await self._events.get()

    async def connect(self) -> str:
        """Wait for the first message; return the client id."""
        event = await self.next()
        assert event.name == "PB_CONNECT"
        self.client_id = event.id
        assert orjson.loads(event.data) == {"clientId": event.id}
        return event.id

    async def leave(self) -> None:
        """Close the connection."""
        self._gone.set()
        await self.ended()

    async def ended(self) -> None:
        """Wait for the server to be done with the stream."""
        async with asyncio.timeout(LIMIT_S):
            await self.task


def subscription(client_id: str, *topics: str) -> Mapping[str, Any]:
    """Return the body of a subscription."""
    return {"clientId": client_id, "subscriptions": list(topics)}


class World:
    """An open application and its edge."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.edge = create_asgi(app)

    def open(self, ip: str = "127.0.0.1") -> OpenStream:
        """Begin a stream."""
        return OpenStream(self.edge, ip)

    async def listen(self, *topics: str, auth: Record | None = None) -> OpenStream:
        """Return a stream that is subscribed to topics."""
        stream = self.open()
        answer = await self.post(subscription(await stream.connect(), *topics), auth)
        assert answer.status_code == 204
        assert answer.content == b""
        return stream

    async def post(
        self, body: Any, auth: Record | str | None = None, ip: str = "127.0.0.1"
    ) -> httpx.Response:
        """Subscribe."""
        transport = httpx.ASGITransport(self.edge, client=(ip, 1))
        token = auth if isinstance(auth, str) else auth and issue_auth_token(auth)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"Authorization": token} if token else {}
            return await client.post("/api/realtime", json=body, headers=headers)

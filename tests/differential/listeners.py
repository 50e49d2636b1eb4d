"""Realtime clients of a running server, and what they hear of each write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.realtime.event_source import Event, EventReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from tests.servers import Server

LIMIT_S = 5.0
GRACE_S = 2.0
"""How long PocketBase, which sends without order, may take for a message after the last one."""

MARKER = "zz_marks/*"


@dataclass(eq=False)
class Listener:
    """One stream: events are kept until they are taken."""

    client: httpx.AsyncClient
    events: list[Event] = field(default_factory=list)
    client_id: str = ""
    _task: asyncio.Task[None] | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Connect and wait for the client id."""
        self._task = asyncio.create_task(self._read())
        await self.wait_for(1, LIMIT_S)
        self.client_id = self.events.pop(0).id

    async def _read(self) -> None:
        reader = EventReader()
        async with self.client.stream("GET", "/api/realtime", timeout=None) as answer:
            async for chunk in answer.aiter_bytes():
                self.events += reader.feed(chunk)
                self._arrived.set()

    async def close(self) -> None:
        """Leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def wait_for(self, count: int, limit_s: float) -> bool:
        """Wait until that many events are there; False when they do not come."""
        try:
            async with asyncio.timeout(limit_s):
                while len(self.events) < count:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return False
        return True

    async def take(self, marker: str, at_least: int) -> list[tuple[str, str]]:
        """Return (topic, data) of everything up to the mark, and what belongs before it."""
        async with asyncio.timeout(LIMIT_S):
            while not self._marked(marker):
                self._arrived.clear()
                await self._arrived.wait()
        await self.wait_for(at_least + 1, GRACE_S)
        taken = [event for event in self.events if not _is_mark(event, marker)]
        self.events.clear()
        return [(event.name, event.data) for event in taken]

    def _marked(self, marker: str) -> bool:
        return any(_is_mark(event, marker) for event in self.events)


def _is_mark(event: Event, marker: str) -> bool:
    return event.name == MARKER and marker in event.data


@dataclass(eq=False)
class Stage:
    """One server with named listeners; actors are `guest`, `su` or users who have signed in."""

    server: Server
    client: httpx.AsyncClient
    listeners: dict[str, Listener] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    _marks: int = 0

    async def send(self, actor: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request as an actor."""
        token = self.server.superuser_token if actor == "su" else self.tokens.get(actor, "")
        headers = {"Authorization": token} if token else {}
        return await self.client.request(method, path, json=body, headers=headers)

    async def sign_in(self, actor: str, password: str) -> None:
        """Keep the token of a user."""
        body = {"identity": f"{actor}@example.com", "password": password}
        path = "/api/collections/users/auth-with-password"
        answer = await self.send("guest", "POST", path, body)
        self.tokens[actor] = answer.json()["token"]

    async def listen(self, name: str, topics: Sequence[str]) -> int:
        """Subscribe a listener, opened when it is new; return the status."""
        if name not in self.listeners:
            self.listeners[name] = Listener(self.client)
            await self.listeners[name].open()
        body = {
            "clientId": self.listeners[name].client_id,
            "subscriptions": [*topics, MARKER],
        }
        return (await self.send(name, "POST", "/api/realtime", body)).status_code

    async def heard(self, at_least: dict[str, int]) -> dict[str, list[tuple[str, str]]]:
        """Return what each listener has heard since the last time."""
        self._marks += 1
        marker = f"mark{self._marks:011d}"
        answer = await self.send("su", "POST", "/api/collections/zz_marks/records", {"id": marker})
        assert answer.status_code == 200, answer.text
        return {
            name: await listener.take(marker, at_least.get(name, 0))
            for name, listener in self.listeners.items()
        }

    async def close(self) -> None:
        """Close all streams."""
        for listener in self.listeners.values():
            await listener.close()

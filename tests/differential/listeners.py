"""Realtime clients of a running server, and what they hear of each write."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import httpx
import orjson

from tests.realtime.event_source import Event, EventReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers import Server

LIMIT_S = 20.0
MARKS = "zz_marks"
MARKER = f"{MARKS}/*"
ELSEWHERE = "elsewhere"
"""A guest who sends from another address than all others."""

_ADDRESSES = {ELSEWHERE: "127.0.0.2"}
_STAMP = re.compile(r'"(created|updated)":"[^"]+"')
_HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}
_FRAME = re.compile(rb"id:\w{40}\nevent:[^\n]+\ndata:\{[^\n]+\}\n\n")
_ID = re.compile(r'"id":"[^"]+"')
_FILE_SUFFIX = re.compile(r"_[a-z0-9]{10}\.")

Files = dict[str, tuple[str, bytes]]
"""The name and content of an uploaded file by field."""


class Heard(NamedTuple):
    """One message without what is never equal on two servers."""

    topic: str
    data: str

    @property
    def action(self) -> str:
        """What was done to the record."""
        return str(orjson.loads(self.data)["action"])

    @property
    def record(self) -> dict[str, Any]:
        """The record as the listener sees it."""
        found: dict[str, Any] = orjson.loads(self.data)["record"]
        return found


def _heard(event: Event) -> Heard:
    """Return a message for comparison; PocketBase picks fields in any order."""
    assert event.data.startswith('{"record":{')
    data = _FILE_SUFFIX.sub("_SUFFIX.", _STAMP.sub(r'"\1":"now"', event.data))
    if event.name.startswith("_"):  # the server makes the ids of system records
        data = _ID.sub('"id":"ID"', data)
    if "fields" in event.name:
        data = orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS).decode()
    return Heard(event.name, data)


@dataclass(eq=False)
class Listener:
    """One stream: events are kept until they are taken.

    Attributes:
        hears_marks: whether it listens to the records by which a test knows how far it is.
    """

    client: httpx.AsyncClient
    events: list[Event] = field(default_factory=list)
    client_id: str = ""
    hears_marks: bool = False
    _headers: httpx.Headers = field(default_factory=httpx.Headers)
    _raw: bytearray = field(default_factory=bytearray)
    _task: asyncio.Task[None] | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Connect and wait for the client id."""
        self._task = asyncio.create_task(self._read())
        assert await self.wait_for(1, LIMIT_S)
        assert {name: self._headers[name] for name in _HEADERS} == _HEADERS
        (first,) = self.events
        self.events.clear()
        self.client_id = first.id
        assert first == Event(first.id, "PB_CONNECT", f'{{"clientId":"{first.id}"}}')

    async def _read(self) -> None:
        reader = EventReader()
        async with self.client.stream("GET", "/api/realtime", timeout=None) as answer:
            self._headers = answer.headers
            async for chunk in answer.aiter_bytes():
                self._raw += chunk
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

    async def wait_for_mark(self, mark: str) -> None:
        """Wait for a mark and drop it."""
        async with asyncio.timeout(LIMIT_S):
            while not (found := [each for each in self.events if _is_mark(each, mark)]):
                self._arrived.clear()
                await self._arrived.wait()
        self.events.remove(found[0])

    def take(self) -> list[Heard]:
        """Take what has arrived, in the order of its arrival; check that it is framed alike."""
        del self._raw[: sum(len(frame) for frame in _FRAME.findall(self._raw))]
        assert b"\n\n" not in self._raw
        assert {event.id for event in self.events} <= {self.client_id}
        taken = [_heard(event) for event in self.events]
        self.events.clear()
        return taken


def _is_mark(event: Event, mark: str) -> bool:
    return event.name == MARKER and mark in event.data


@dataclass(eq=False)
class Stage:
    """One server with named listeners; actors are `guest`, `su` or who has signed in.

    Every actor has connections of its own: several workers get them.
    """

    server: Server
    listeners: dict[str, Listener] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    _marks: int = 0

    async def __aenter__(self) -> Self:
        answer = await self.send("su", "POST", "/api/collections", {"name": MARKS, "listRule": ""})
        assert answer.status_code == httpx.codes.OK, answer.text
        return self

    async def __aexit__(self, *_: object) -> None:
        for listener in self.listeners.values():
            await listener.close()
        for client in self._clients.values():
            await client.aclose()

    async def clear(self) -> None:
        """Close all streams, sign everybody out and delete all collections but the marks."""
        for listener in self.listeners.values():
            await listener.close()
        self.listeners.clear()
        self.tokens.clear()
        marks = await self.send("su", "GET", f"/api/collections/{MARKS}")
        body = {"collections": [marks.json()], "deleteMissing": True}
        answer = await self.send("su", "PUT", "/api/collections/import", body)
        assert answer.status_code == httpx.codes.NO_CONTENT, answer.text

    async def send(
        self, actor: str, method: str, path: str, body: Any = None, files: Files | None = None
    ) -> httpx.Response:
        """Send a request as an actor; with files as a form."""
        token = self.server.superuser_token if actor == "su" else self.tokens.get(actor, "")
        headers = {"Authorization": token} if token else {}
        given = {"json": body} if files is None else {"data": body, "files": files}
        return await self._client(actor).request(method, path, headers=headers, **given)

    def _client(self, actor: str) -> httpx.AsyncClient:
        if actor not in self._clients:
            address = _ADDRESSES.get(actor)
            self._clients[actor] = httpx.AsyncClient(
                base_url=self.server.base_url,
                timeout=LIMIT_S,
                transport=httpx.AsyncHTTPTransport(local_address=address, verify=False),
            )
        return self._clients[actor]

    async def sign_in(self, actor: str, collection: str, password: str) -> httpx.Response:
        """Keep the token of a user, who is called like the actor."""
        body = {"identity": f"{actor}@example.com", "password": password}
        path = f"/api/collections/{collection}/auth-with-password"
        answer = await self.send("guest", "POST", path, body)
        self.tokens[actor] = answer.json().get("token", "")
        return answer

    async def listen(self, name: str, topics: Sequence[str]) -> httpx.Response:
        """Replace what a listener hears of by topics and the marks."""
        body = {"clientId": f"{{{name}}}", "subscriptions": [*topics, MARKER]}
        return await self.subscribe(name, body)

    async def subscribe(self, actor: str, body: Any) -> httpx.Response:
        """Send a form of subscriptions as it is, but for `{name}`: the id of that client."""
        text = orjson.dumps(body).decode()
        for name in re.findall(r"\{(\w+)\}", text):
            text = text.replace(f"{{{name}}}", (await self._listener(name)).client_id)
        answer = await self.send(actor, "POST", "/api/realtime", orjson.loads(text))
        if answer.status_code == httpx.codes.NO_CONTENT:
            for listener in self.listeners.values():
                if listener.client_id == orjson.loads(text)["clientId"]:
                    listener.hears_marks = MARKER in text
        return answer

    async def _listener(self, name: str) -> Listener:
        if name not in self.listeners:
            self.listeners[name] = Listener(self._client(name))
            await self.listeners[name].open()
        return self.listeners[name]

    async def mark(self) -> None:
        """Wait until every listener has what was sent to it before now.

        PocketBase sends without order: a message may still be on its way then.
        """
        self._marks += 1
        mark = f"mark{self._marks:011d}"
        answer = await self.send("su", "POST", f"/api/collections/{MARKS}/records", {"id": mark})
        assert answer.status_code == httpx.codes.OK, answer.text
        for listener in self.listeners.values():
            if listener.hears_marks:
                await listener.wait_for_mark(mark)

    async def wait_for(self, counts: Mapping[str, int], limit_s: float) -> None:
        """Wait until the listeners have as many messages, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                for name, count in counts.items():
                    await self.listeners[name].wait_for(count, limit_s)

    @property
    def counts(self) -> dict[str, int]:
        """How many messages each listener has."""
        return {name: len(listener.events) for name, listener in self.listeners.items()}

    def take(self) -> dict[str, list[Heard]]:
        """Take what each listener has heard."""
        return {name: listener.take() for name, listener in self.listeners.items()}

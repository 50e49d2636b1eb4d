"""Raw clients of a server with workers: streams on sockets, and doors that stay with one worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

import httpx

from tests.realtime.event_source import EventReader
from tests.worker_processes import worker_pids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.realtime.event_source import Event
    from tests.servers import Server

LIMIT_S = 15.0
WORKER_LENGTH = 4
_CONNECT = b"GET /api/realtime HTTP/1.1\r\nHost: x\r\n\r\n"
_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER: what closes a connection so is a reset."""

HOOKS = """
import asyncio
import os

def register(app):
    subscribed = []

    @app.route("GET", "/who")
    async def who(request):
        broker = app.realtime.broker
        return {
            "worker": app.bus.worker,
            "pid": os.getpid(),
            "clients": len(app.realtime.clients),
            "topics": len(broker._by_topic),
            "tasks": len(asyncio.all_tasks()),
        }

    @app.route("GET", "/subscribed")
    async def show(request):
        found = list(subscribed)
        subscribed.clear()
        return found

    @app.route("POST", "/bell/{number}")
    async def ring(request):
        app.realtime.send("bell", {"worker": app.bus.worker, "n": int(request.params["number"])})

    @app.on_realtime_subscribe_request
    async def note(e):
        subscribed.append({
            "auth": e.auth and e.auth.id, "ip": e.info.real_ip, "method": e.info.method,
            "query": dict(e.info.query), "headers": dict(e.info.headers),
            "body": repr(e.info.body)[:5000], "subscriptions": e.subscriptions[:9],
            "client": e.client.id,
        })
        del subscribed[:-9]
        await e.next()
"""


class Door:
    """A keep-alive connection, and the worker that answers on it."""

    def __init__(self, client: httpx.AsyncClient, worker: str, pid: int) -> None:
        self.client = client
        self.worker = worker
        self.pid = pid

    async def do(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> httpx.Response:
        """Send JSON, as the superuser unless another token, or none, is given."""
        headers = {} if token is None else {"Authorization": token}
        return await self.client.request(method, path, json=body, headers=headers)

    async def get(self, path: str) -> Any:
        """Return what a GET answers."""
        answer = await self.do("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def save(self, method: str, path: str, body: Any = None) -> Any:
        """Return what a write answers, which must succeed."""
        answer = await self.do(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@contextlib.asynccontextmanager
async def open_doors(server: Server, local: str = "127.0.0.1") -> AsyncIterator[list[Door]]:
    """Yield one door to each worker, sorted by process; a local address is where they are."""
    wanted = max(len(worker_pids(server)), 1)
    found: dict[str, Door] = {}
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(200):
            transport = httpx.AsyncHTTPTransport(
                local_address=local,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=None),
            )
            client = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=server.base_url,
                    transport=transport,
                    timeout=LIMIT_S,
                    headers={"Authorization": server.superuser_token},
                )
            )
            seen = (await client.get("/who")).json()
            worker, pid = seen.get("worker", ""), seen.get("pid", 0)  # PocketBase has no such route
            found.setdefault(worker, Door(client, worker, pid))
            if len(found) == wanted:
                break
        assert len(found) == wanted, "some worker gets no connections"
        yield sorted(found.values(), key=lambda door: door.pid)


class Stream(asyncio.Protocol):
    """One GET of `/api/realtime` on a socket of its own.

    Attributes:
        events: all that came, but for the first.
        data: what they carry.
        client_id: from the first one.
        is_complete: the answer ended as HTTP wants it.
        ended: the answer is, or the connection is closed.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.data: list[Any] = []
        self.client_id = ""
        self.is_complete = False
        self.ended = asyncio.Event()
        self._changed = asyncio.Event()
        self._reader = EventReader()
        self._raw = b""
        self._in_body = False
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, server: Server, local: str = "127.0.0.1") -> Stream:
        """Connect, and wait for the id."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(
            cls, "127.0.0.1", server.port, local_addr=(local, 0)
        )
        await stream.until(lambda: bool(stream.client_id) or stream.ended.is_set())
        assert stream.client_id
        return stream

    @property
    def worker(self) -> str:
        """The name of the worker that has it."""
        return self.client_id[:WORKER_LENGTH]

    async def subscribe(self, door: Door, *topics: str, token: str = "") -> None:
        """Listen to topics; without a token as a guest."""
        body = {"clientId": self.client_id, "subscriptions": topics}
        answer = await door.do("POST", "/api/realtime", body, token)
        assert answer.status_code == 204, answer.text

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait for something that comes with an event, or with the end."""
        async with asyncio.timeout(LIMIT_S):
            while not is_true():
                self._changed.clear()
                await self._changed.wait()

    async def hears(self, count: int) -> list[Any]:
        """Wait for so many events; return their data."""
        await self.until(lambda: len(self.events) >= count)
        return self.data

    def actions(self, field: str = "n") -> list[tuple[str, Any]]:
        """Return the action and a value of each event of a record."""
        return [(data["action"], data["record"][field]) for data in self.data]

    def forget(self) -> None:
        """Begin anew with what comes."""
        self.events.clear()
        self.data.clear()

    def hold(self) -> None:
        """Stop to read."""
        assert self._transport is not None
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        assert self._transport is not None
        self._transport.resume_reading()

    def reset(self) -> None:
        """Close the connection by a reset."""
        assert self._transport is not None
        opened = self._transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._transport.abort()

    def close(self) -> None:
        """Leave."""
        assert self._transport is not None
        self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_CONNECT)

    def data_received(self, data: bytes) -> None:
        """Take the head off, and the frames of chunks."""
        self._raw += data
        if not self._in_body:
            head, gap, rest = self._raw.partition(b"\r\n\r\n")
            if not gap:
                return
            assert head.startswith(b"HTTP/1.1 200"), head
            self._in_body, self._raw = True, rest
        while b"\r\n" in self._raw:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                break
            self._raw = rest[length + 2 :]
            if length == 0:
                self.is_complete = True
                self.ended.set()
            self._take(rest[:length])
        self._changed.set()

    def _take(self, chunk: bytes) -> None:
        for event in self._reader.feed(chunk):
            if event.name == "PB_CONNECT":
                self.client_id = json.loads(event.data)["clientId"]
            else:
                assert event.id == self.client_id
                self.events.append(event)
                self.data.append(json.loads(event.data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        self.ended.set()
        self._changed.set()


@contextlib.asynccontextmanager
async def streams_of_all(server: Server, each: int = 1) -> AsyncIterator[list[list[Stream]]]:
    """Yield so many streams of each worker, grouped by worker."""
    wanted = max(len(worker_pids(server)), 1)
    opened: list[Stream] = []
    found: dict[str, list[Stream]] = {}
    try:
        for _ in range(200):
            stream = await Stream.open(server)
            opened.append(stream)
            found.setdefault(stream.worker, []).append(stream)
            if len(found) == wanted and all(len(group) >= each for group in found.values()):
                break
        assert len(found) == wanted, "some worker gets no streams"
        groups = [group[:each] for group in found.values()]
        chosen = {stream for group in groups for stream in group}
        for stream in opened:
            if stream not in chosen:
                stream.close()
        yield groups
    finally:
        for stream in opened:
            stream.close()

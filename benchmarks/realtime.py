"""The realtime benchmark: `python -m benchmarks.realtime --help`.

Drives PocketBase and pbpy one after the other: many subscribers to `posts/*` under three list
rules, creates at a steady rate, then as fast as all deliveries arrive. Every delivery is
counted and timed; the servers' CPU time comes from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Final, cast

from benchmarks.process import cpu_seconds, memory_bytes
from benchmarks.target import Target, request
from tests.servers import start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.servers import ServerKind

RULES: Final = {
    "no rule": "",
    "signed in": '@request.auth.id != ""',
    "own rows": "author = @request.auth.id",
}
PASSWORD: Final = "password-123"
CONNECTING: Final = 50
"""Streams that are opened at the same time."""
LIMIT_S: Final = 60.0

_TITLE = re.compile(rb'"title":"t(\d+)"')
_CLIENT_ID = re.compile(rb'"clientId":"(\w+)"')


@dataclass(slots=True)
class Round:
    """The deliveries of a run, by the number in the title of the created post."""

    expected: int
    counts: dict[int, int] = field(default_factory=dict)
    last: dict[int, float] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, number: int) -> None:
        """Count one delivery."""
        count = self.counts[number] = self.counts.get(number, 0) + 1
        if count == self.expected:
            self.last[number] = time.perf_counter()
            self.complete.set()


class Crowd:
    """What all subscribers of a target have in common: the round that is running."""

    def __init__(self) -> None:
        self.round = Round(0)


class Subscriber(asyncio.Protocol):
    """One stream."""

    def __init__(self, crowd: Crowd) -> None:
        self.client_id: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._crowd = crowd
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(request("GET", "/api/realtime"))

    def data_received(self, data: bytes) -> None:
        if not self.client_id.done():
            self._rest += data
            if found := _CLIENT_ID.search(self._rest):
                self.client_id.set_result(found[1].decode())
                self._rest = b""
            return
        data = self._rest + data
        end = 0
        for found in _TITLE.finditer(data):
            self._crowd.round.note(int(found[1]))
            end = found.end()
        self._rest = data[max(end, len(data) - 40) :]  # a title may arrive in two pieces


class Connection:
    """A keep-alive connection for one request after the other."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, raw: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        async with self._lock:
            if self._streams is None:
                server = self._target.server
                self._streams = await asyncio.open_connection("127.0.0.1", server.port)
            reader, writer = self._streams
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            return int(head.split(b" ", 2)[1]), body

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()


@dataclass(frozen=True, slots=True)
class Figures:
    """What one server did under one rule."""

    server: str
    rule: str
    connects_per_s: float
    kilobytes_each: float
    cpu_ms_per_create: float
    p50_ms: float
    p99_ms: float
    deliveries_per_s: float
    lost: int


class Run:
    """One server with its users and subscribers."""

    def __init__(self, target: Target, options: argparse.Namespace) -> None:
        self._target = target
        self._options = options
        self._crowd = Crowd()
        self._tokens: list[str] = []
        self._authors: list[str] = []
        self._next = 0

    def prepare(self) -> None:
        """Make the collection and the users."""
        root = self._target.root
        root(
            "POST",
            "/api/collections",
            {
                "name": "posts",
                "fields": [
                    {"name": "title", "type": "text"},
                    {"name": "author", "type": "relation", "collectionId": "_pb_users_auth_"},
                ],
            },
        )
        for number in range(self._options.users):
            email = f"u{number}@example.com"
            user = {"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD}
            self._authors.append(root("POST", "/api/collections/users/records", user)["id"])
            path = f"/api/collections/users/impersonate/{self._authors[-1]}"
            self._tokens.append(root("POST", path, {"duration": 0})["token"])

    async def measure(self, name: str) -> Figures:
        """Subscribe, create, count; the streams are closed at the end."""
        rule = {"listRule": RULES[name]}
        await asyncio.to_thread(self._target.root, "PATCH", "/api/collections/posts", rule)
        subscribers = self._options.subscribers
        expected = subscribers // len(self._authors) if name == "own rows" else subscribers
        async with AsyncExitStack() as stack:
            before = memory_bytes(self._target.session)
            started = time.perf_counter()
            await self._connect(stack, subscribers)
            connects_per_s = subscribers / (time.perf_counter() - started)
            kilobytes = (memory_bytes(self._target.session) - before) / subscribers / 1024
            writers = [Connection(self._target) for _ in range(self._options.writers)]
            for writer in writers:
                stack.push_async_callback(writer.close)
            cpu = cpu_seconds(self._target.session)
            waits, created, lost = await self._steady(writers[0], expected)
            cpu_ms = (cpu_seconds(self._target.session) - cpu) * 1000 / created
            rate, more_lost = await self._flood(writers, expected)
        *_, p99 = quantiles(waits, n=100)
        return Figures(
            self._target.name,
            name,
            connects_per_s,
            kilobytes,
            cpu_ms,
            quantiles(waits, n=2)[0],
            p99,
            rate,
            lost + more_lost,
        )

    async def _connect(self, stack: AsyncExitStack, count: int) -> None:
        gate = asyncio.Semaphore(CONNECTING)

        async def connect(number: int) -> None:
            async with gate:
                transport, subscriber = await asyncio.get_running_loop().create_connection(
                    lambda: Subscriber(self._crowd), "127.0.0.1", self._target.server.port
                )
                stack.callback(transport.close)
                body = {"clientId": await subscriber.client_id, "subscriptions": ["posts/*"]}
                token = self._tokens[number % len(self._tokens)]
                connection = Connection(self._target)
                status, answer = await connection.send(
                    request("POST", "/api/realtime", body, token)
                )
                await connection.close()
                assert status == 204, answer

        await asyncio.gather(*(connect(number) for number in range(count)))

    async def _create(self, writer: Connection) -> tuple[int, float]:
        """Create a post; return its number and when the answer came."""
        number = self._next = self._next + 1
        body = {"title": f"t{number}", "author": self._authors[number % len(self._authors)]}
        raw = request(
            "POST", "/api/collections/posts/records", body, self._target.server.superuser_token
        )
        status, answer = await writer.send(raw)
        assert status == 200, answer
        return number, time.perf_counter()

    async def _steady(self, writer: Connection, expected: int) -> tuple[list[float], int, int]:
        """Return milliseconds from answers to last deliveries, the number of creates, losses."""
        run = self._crowd.round = Round(expected)
        answered: dict[int, float] = {}
        start = time.perf_counter()
        for turn in range(int(self._options.rate * self._options.seconds)):
            await asyncio.sleep(max(0.0, start + turn / self._options.rate - time.perf_counter()))
            number, moment = await self._create(writer)
            answered[number] = moment
        await self._settle(run, len(answered))
        waits = [(run.last.get(n, LIMIT_S) - at) * 1000 for n, at in answered.items()]
        return [max(0.0, wait) for wait in waits], len(answered), _lost(run, len(answered))

    async def _flood(self, writers: Sequence[Connection], expected: int) -> tuple[float, int]:
        """Return deliveries per second when each writer waits for those of its last post."""
        run = self._crowd.round = Round(expected)
        start = time.perf_counter()
        end = start + self._options.seconds
        created = 0

        async def write(writer: Connection) -> None:
            nonlocal created
            while time.perf_counter() < end:
                number, _ = await self._create(writer)
                created += 1
                async with asyncio.timeout(LIMIT_S):
                    while number not in run.last:
                        run.complete.clear()
                        await run.complete.wait()

        await asyncio.gather(*(write(writer) for writer in writers))
        took = time.perf_counter() - start
        return sum(run.counts.values()) / took, _lost(run, created)

    async def _settle(self, run: Round, created: int) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                while len(run.last) < created:
                    run.complete.clear()
                    await run.complete.wait()
        except TimeoutError:
            print("deliveries are missing", file=sys.stderr)


def _lost(run: Round, created: int) -> int:
    return created * run.expected - sum(run.counts.values())


def main() -> None:
    """Run what the arguments ask for."""
    options = _parser().parse_args()
    print(
        f"{'server':<12}{'rule':<12}{'connects/s':>11}{'KB each':>9}{'CPU ms/create':>15}"
        f"{'p50 ms':>9}{'p99 ms':>9}{'deliveries/s':>14}{'lost':>6}"
    )
    for name in ("PocketBase", "pbpy"):
        if options.only in (None, name.lower()):
            _drive(name, options)


def _drive(name: str, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        kind = cast("ServerKind", options.server)
        path = Path(folder)
        server = start_pocketbase(path) if name == "PocketBase" else start_pbpy(path, server=kind)
        with server:
            run = Run(Target(server), options)
            run.prepare()
            for rule in options.rule or RULES:
                figures = asyncio.run(run.measure(rule))
                print(
                    f"{name:<12}{figures.rule:<12}{figures.connects_per_s:>11.0f}"
                    f"{figures.kilobytes_each:>9.1f}{figures.cpu_ms_per_create:>15.1f}"
                    f"{figures.p50_ms:>9.1f}{figures.p99_ms:>9.1f}"
                    f"{figures.deliveries_per_s:>14.0f}{figures.lost:>6}",
                    flush=True,
                )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.realtime", description=__doc__)
    add = parser.add_argument
    add("--subscribers", type=int, default=1000)
    add("--users", type=int, default=100, help="how many the subscribers are spread over")
    add("--rate", type=float, default=10.0, help="creates per second of the steady run")
    add("--seconds", type=float, default=5.0, help="length of each run")
    add("--writers", type=int, default=2, help="connections that create in the fast run")
    add("--rule", action="append", choices=list(RULES), help="may be repeated")
    add("--only", choices=["pocketbase", "pbpy"])
    add("--server", choices=["auto", "uvicorn", "hypercorn"], default="auto", help="pbpy's server")
    return parser


if __name__ == "__main__":
    main()

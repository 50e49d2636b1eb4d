"""Members of one bus in this process: as many of each kind as a test asks for."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pbpy.bus.local_bus import LocalBus
from pbpy.bus.outbox import Outbox
from pbpy.bus.redis_bus import RedisBus
from pbpy.config import Config
from pbpy.store.sql import Sql
from pbpy.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from pbpy.bus.bus import Bus, Message
    from pbpy.store.store import Database

LIMIT_S = 20.0
START_LIMIT_S = 10.0
KIND = "test.kind"


class Member:
    """A bus with its own connection to the database, and what it has heard."""

    def __init__(self, bus: Bus, database: Database) -> None:
        self.bus = bus
        self.database = database
        self.heard: list[Message] = []
        self._changed = asyncio.Event()
        bus.subscribe(KIND, self._note)

    async def _note(self, message: Message) -> None:
        self.heard.append(message)
        self._changed.set()

    @property
    def texts(self) -> list[str]:
        return [message.data.decode() for message in self.heard]

    async def hears(self, count: int) -> list[str]:
        """Wait until it has heard count messages; return their texts."""
        while len(self.heard) < count:
            self._changed.clear()
            await self._changed.wait()
        return self.texts


@contextlib.asynccontextmanager
async def members(kind: str, folder: Path, count: int = 2) -> AsyncIterator[list[Member]]:
    """Yield open members; kind is `local`, `outbox` or the address of a Redis."""
    local: dict[str, LocalBus] = {}
    async with contextlib.AsyncExitStack() as stack:
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pbpy-")))

        def new_bus(database: Database, number: int) -> Bus:
            if kind == "local":
                return LocalBus(local)
            if kind == "outbox":
                return Outbox(database, sockets, number)
            return RedisBus(kind)

        found = []
        for number in range(count):
            store = await Store.open(Config(data_dir=folder / "pb_data"))
            stack.push_async_callback(store.close)
            member = Member(new_bus(store.data, number), store.data)
            await member.bus.open()
            stack.push_async_callback(member.bus.close)
            found.append(member)
        async with found[0].database.transaction() as tx:
            await tx.execute(Sql("CREATE TABLE t (id TEXT)"))
        yield found


def run(
    kind: str, folder: Path, scenario: Callable[[list[Member]], Awaitable[None]], count: int = 2
) -> None:
    """Run a scenario with open members."""

    async def main() -> None:
        async with members(kind, folder, count) as found:
            await scenario(found)

    asyncio.run(asyncio.wait_for(main(), LIMIT_S))


def has_redis() -> bool:
    """Tell whether a Redis server is installed."""
    return shutil.which("redis-server") is not None


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Start a Redis server that keeps nothing; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_open(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(START_LIMIT_S)


def _wait_until_open(port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        else:
            return

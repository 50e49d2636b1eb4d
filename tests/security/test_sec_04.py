"""SEC-04: what a job raises reaches neither the clock nor the server."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import NotFound
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from pbpy.sync_app import SyncApp

LIMIT_S = 30


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def recurse() -> None:
    recurse()


def leave() -> None:
    sys.exit(3)


def fail(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


BREAKS: dict[str, Callable[[], None]] = {
    "recursion": recurse,
    "exit": leave,
    "memory": fail(MemoryError()),
    "disk": fail(OSError("disk")),
    "api": fail(NotFound()),
    "stop": fail(StopIteration()),
    "unspeakable": fail(UnspeakableError()),
    "cancelled": fail(asyncio.CancelledError()),
}


@pytest.fixture
def app(tmp_path: Path) -> App:
    """An application whose clock ticks all the time."""
    made = App(Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt"))
    made.cron.interval_s = 0.005
    return made


def count(app: App) -> asyncio.Queue[int]:
    """Return a queue that gets a number with every tick."""
    ticks: asyncio.Queue[int] = asyncio.Queue()

    @app.cron("count", "* * * * *")
    async def put(_: App) -> None:
        ticks.put_nowait(1)

    return ticks


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("kind", ["async", "plain"])
def test_a_job_that_breaks_ends_nothing(
    app: App, name: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def asynchronous(_: App) -> None:
        BREAKS[name]()

    def plain(_: SyncApp) -> None:
        BREAKS[name]()

    async def three_ticks() -> None:
        app.cron.start()
        async with asyncio.timeout(LIMIT_S):
            for _ in range(3):
                await ticks.get()

    app.cron.add("break", "* * * * *", asynchronous if kind == "async" else plain)
    ticks = count(app)
    with open_server(app) as server:
        server.run(three_ticks())
        answer = server.send("POST", "/api/crons/break", headers=server.superuser())
        assert answer.status_code == 204
        app.cron.stop()
        server.run(app.background.wait())
        assert server.send("GET", "/api/health").status_code == 200
    if name != "cancelled":  # the job ended itself, as it wished
        assert "cron job break failed" in caplog.text


def test_a_clock_that_cannot_tell_the_time_goes_on(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    asked = asyncio.Event()

    class Nowhere(tzinfo):
        def utcoffset(self, _: datetime | None) -> timedelta:
            asked.set()
            raise MemoryError

        def dst(self, _: datetime | None) -> None:
            return None

        def tzname(self, _: datetime | None) -> None:
            return None

    async def turn() -> None:
        app.cron.timezone = Nowhere()
        app.cron.start()
        async with asyncio.timeout(LIMIT_S):
            await asked.wait()
            assert ticks.empty()
            app.cron.timezone = UTC
            await ticks.get()

    ticks = count(app)
    with open_server(app) as server:
        server.run(turn())
    assert "cron jobs could not be started" in caplog.text

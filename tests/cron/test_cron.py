"""The jobs and their clock, which tests turn by hand."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pbpy import background
from pbpy.app import App
from pbpy.config import Config
from pbpy.cron.cron import Cron
from pbpy.cron.schedule import InvalidCron
from pbpy.start import prepare
from tests.schema.apps import run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.sync_app import SyncApp

START = datetime(2024, 2, 29, 23, 57, 30, tzinfo=UTC).timestamp()


class Clock:
    """A clock that moves when somebody sleeps, and a test's end after some sleeps.

    Attributes:
        slept: how long each sleep was asked to be, in seconds.
        early: how much sooner each sleep ends, in order; 0 for all others.
    """

    def __init__(self, sleeps: int, early: tuple[float, ...] = ()) -> None:
        self.now = START
        self.slept: list[float] = []
        self.early = list(early)
        self.ended = asyncio.Event()
        self._sleeps = sleeps

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if len(self.slept) == self._sleeps:
            self.ended.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)  # what is due begins now
        self.slept.append(seconds)
        self.now += seconds - (self.early.pop(0) if self.early else 0)

    @property
    def minute(self) -> str:
        return f"{datetime.fromtimestamp(self.now, UTC):%H:%M:%S}"


async def turn(cron: Cron, clock: Clock) -> None:
    """Let the clock run to its end, and the jobs that it started."""
    cron.start()
    async with asyncio.timeout(30):
        await clock.ended.wait()
        cron.stop()
        await cron._app.background.wait()


def noting(app: App, clock: Clock, expression: str) -> tuple[Cron, list[str]]:
    """Return a Cron on the clock, and the list that gets the time of every run of its job."""
    cron = Cron(app, clock=clock.time, sleep=clock.sleep)
    found: list[str] = []

    @cron("note", expression)
    async def note(_: App) -> None:
        found.append(clock.minute)

    return cron, found


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("* * * * *", ["23:58:00", "23:59:00", "00:00:00", "00:01:00"]),
        ("@daily", ["00:00:00"]),
        ("* * 1 3 *", ["00:00:00", "00:01:00"]),
        ("*/2 * * * 4", ["23:58:00"]),
        ("0 0 1 1 *", []),
    ],
)
def test_jobs_begin_with_their_minutes(expression: str, found: list[str], tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        clock = Clock(4)
        cron, begun = noting(app, clock, expression)
        await turn(cron, clock)
        assert begun == found
        assert clock.slept == [30, 60, 60, 60]

    run(tmp_path, scenario)


def test_a_sleep_that_ends_early_starts_nothing_twice(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        clock = Clock(5, early=(0, 0.25, 0, 0.5))
        cron, begun = noting(app, clock, "* * * * *")
        await turn(cron, clock)
        assert begun == ["23:58:00", "23:59:00", "00:00:00"]
        assert clock.slept == [30, 60, 0.25, 60, 0.5]

    run(tmp_path, scenario)


def test_a_clock_that_is_set_holds_nothing_up(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        clock = Clock(5, early=(0, 3600, 0, -600))
        cron, begun = noting(app, clock, "* * * * *")
        await turn(cron, clock)
        # Back by an hour, then 10 minutes missed: the next minute is a minute away at most.
        assert begun == ["23:58:00", "23:00:00", "23:11:00", "23:12:00"]
        assert max(clock.slept) <= 60

    run(tmp_path, scenario)


def test_the_time_zone_and_the_interval_are_the_developers(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        clock = Clock(5)
        cron, begun = noting(app, clock, "0 1 1 3 *")
        cron.timezone = timezone(timedelta(hours=1))
        cron.interval_s = 40.0
        await turn(cron, clock)
        assert clock.slept == [30, 40, 40, 40, 40]
        assert begun == ["00:00:00", "00:00:40"]

    run(tmp_path, scenario)


def test_coroutine_functions_get_the_app_and_plain_ones_a_thread(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    async def asynchronous(app: App) -> None:
        seen["async"] = (app, app.in_transaction, threading.current_thread())

    def plain(app: SyncApp) -> None:
        seen["plain"] = (app.count_records("users"), threading.current_thread())

    class Called:
        async def __call__(self, app: App) -> None:
            seen["object"] = app

    async def scenario(app: App) -> None:
        app.cron.add("plain", "@daily", plain)
        app.cron.add("object", "@daily", Called())
        async with app.transaction() as bound:
            assert bound.cron("async", "@daily")(asynchronous) is asynchronous
            for name in ("async", "object"):
                job = bound.cron.find(name)
                assert job is not None
                assert bound.cron.run(job)
        job = app.cron.find("plain")
        assert job is not None
        assert app.cron.run(job)
        await app.background.wait()
        main = threading.main_thread()
        assert seen["async"] == (app, False, main)
        assert seen["object"] is app
        assert seen["plain"][0] == 0
        assert seen["plain"][1] is not main

    run(tmp_path, scenario)


def test_jobs_are_replaced_and_removed_by_id(tmp_path: Path) -> None:
    app = App(Config(data_dir=tmp_path))
    own = len(app.cron.jobs)
    for name in ("a", "b", "a"):
        app.cron.add(name, "@hourly", print)
    assert [job.id for job in app.cron.jobs[own:]] == ["b", "a"]
    app.cron.remove("b")
    app.cron.remove("never there")
    assert [job.id for job in app.cron.jobs[own:]] == ["a"]
    with pytest.raises(InvalidCron, match=r"'a' at '61 \* \* \* \*': .*value"):
        app.cron.add("a", "61 * * * *", print)
    assert app.cron.find("a") is not None
    assert app.cron.find("b") is None


def test_the_clock_runs_while_a_server_does(tmp_path: Path) -> None:
    """It does not run for the command line, which opens an application and no more."""

    def names() -> list[str]:
        return [task.get_name() for task in asyncio.all_tasks()]

    async def main() -> None:
        async with App(Config(data_dir=tmp_path)) as app:
            assert "pbpy-cron" not in names()
            await prepare(app)
            await prepare(app)
            assert names().count("pbpy-cron") == 1
        await asyncio.sleep(0)
        assert "pbpy-cron" not in names()

    asyncio.run(main())


def test_running_jobs_end_with_the_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "CLOSE_TIMEOUT_S", 0.1)
    release = threading.Event()
    ended: list[str] = []

    async def short(_: App) -> None:
        await asyncio.sleep(0.01)
        ended.append("short")

    async def long(_: App) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    def thread(_: SyncApp) -> None:
        release.wait()

    async def main() -> None:
        async with App(Config(data_dir=tmp_path)) as app:
            for work in (short, long, thread):
                app.cron.add(work.__name__, "@daily", work)
            for job in app.cron.jobs[-3:]:
                assert app.cron.run(job)

    asyncio.run(asyncio.wait_for(main(), 30))  # nobody waits for the thread
    release.set()
    assert ended == ["short", "cancelled"]

"""Realtime over real worker processes that die, stall, are flooded, or end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.durability.clients import Client
from tests.raw_streams import Stream, open_doors, streams_of_all
from tests.realtime_world import (
    LIMIT_S,
    POSTS,
    Counter,
    add_hooks,
    counts,
    hears_number,
    make_posts,
    play,
)
from tests.worker_processes import WORKERS, is_alive, start, worker_pids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.raw_streams import Door
    from tests.servers import Server

POLL_S = 0.01
REPLACED_S = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start(add_hooks(tmp_path_factory.mktemp("workers"))) as started:
        yield started


# who dies


def test_a_killed_worker_costs_the_clients_of_others_nothing(tmp_path: Path) -> None:
    async def scenario(server: Server) -> None:
        async with (
            open_doors(server) as doors,
            open_doors(server) as pens,
            streams_of_all(server, each=2) as groups,
        ):
            await make_posts(doors[0])
            by_worker = {group[0].worker: group for group in groups}
            kept, lost = [by_worker[door.worker] for door in doors]
            for stream in (*kept, *lost):
                await stream.subscribe(doors[0], "posts/*")
            counters = []
            for pen in pens:
                record = (await doors[0].save("POST", POSTS, {"n": 0}))["id"]
                counters += [Counter(pen, record)]
            writing = [asyncio.create_task(counter.run()) for counter in counters]
            await kept[0].hears(60)
            os.kill(doors[1].pid, signal.SIGKILL)
            killed = time.monotonic()
            for stream in lost:
                await stream.ended.wait()
            again = [await Stream.open(server) for _ in lost]
            for stream in again:
                await stream.subscribe(doors[0], "posts/*")
            reconnected_s = time.monotonic() - killed
            async with open_doors(server) as renewed:  # one of each worker, the new one included
                assert doors[1].worker not in {door.worker for door in renewed}
                replaced_s = time.monotonic() - killed
            heard = len(again[0].events)
            await again[0].hears(heard + 20)
            for counter in counters:
                counter.stopping = True
            await asyncio.gather(*writing)
            assert replaced_s < REPLACED_S
            assert reconnected_s < REPLACED_S
            for counter in counters:
                stored = (await doors[0].get(f"{POSTS}/{counter.record}"))["n"]
                assert stored > 10
                for stream in kept:
                    await hears_number(stream, counter.record, stored)
                    assert counts(stream, counter.record) == list(range(stored + 1))
            last = counts(again[0], counters[0].record)
            assert last == list(range(last[0], last[-1] + 1))
            for stream in again:
                stream.close()

    with start(add_hooks(tmp_path)) as server:
        play(lambda: scenario(server))


def test_a_worker_that_was_stopped_hears_all_when_it_goes_on(tmp_path: Path) -> None:
    async def scenario(server: Server) -> None:
        async with open_doors(server) as doors, streams_of_all(server) as groups:
            await make_posts(doors[0])
            by_worker = {group[0].worker: group[0] for group in groups}
            kept, stopped = [by_worker[door.worker] for door in doors]
            for stream in (kept, stopped):
                await stream.subscribe(doors[0], "posts/*")
            record = (await doors[0].save("POST", POSTS, {"n": 0}))["id"]
            await stopped.hears(1)
            os.kill(doors[1].pid, signal.SIGSTOP)
            started = time.monotonic()
            for _ in range(50):
                await doors[0].save("PATCH", f"{POSTS}/{record}", {"n+": 1})
            assert time.monotonic() - started < 3
            await kept.hears(51)
            os.kill(doors[1].pid, signal.SIGCONT)
            await stopped.hears(51)
            assert counts(stopped, record) == counts(kept, record) == list(range(51))

            os.kill(doors[1].pid, signal.SIGSTOP)
            await doors[0].save("DELETE", f"{POSTS}/{record}")
            await kept.hears(52)
            os.kill(doors[1].pid, signal.SIGCONT)
            await stopped.ended.wait()  # nobody could ask who may hear of it
            assert len(stopped.events) == 51
            assert not kept.ended.is_set()

    with start(add_hooks(tmp_path)) as server:
        play(lambda: scenario(server))


def rss_mb(pid: int) -> float:
    """Return the memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def until_gone(door: Door) -> float:
    """Wait until a worker has no clients left, and return for how long."""
    started = time.monotonic()
    while True:
        seen = await door.get("/who")
        if (seen["clients"], seen["topics"]) == (0, 0):
            return time.monotonic() - started
        await asyncio.sleep(POLL_S)


def test_clients_that_are_cut_off_leave_nothing(server: Server) -> None:
    async def scenario() -> None:
        async with open_doors(server) as doors, open_doors(server) as pens:
            await make_posts(doors[0])
            record = (await doors[0].save("POST", POSTS, {"n": 0}))["id"]
            for door in doors:
                await until_gone(door)
            files = [open_files(door.pid) for door in doors]
            tasks = [(await door.get("/who"))["tasks"] for door in doors]
            counter = Counter(pens[0], record)
            writing = asyncio.create_task(counter.run())
            for _ in range(2):
                streams = await asyncio.gather(*(Stream.open(server) for _ in range(200)))
                await asyncio.gather(
                    *(
                        stream.subscribe(doors[number % WORKERS], "posts/*")
                        for number, stream in enumerate(streams)
                    )
                )
                held = [(await door.get("/who"))["clients"] for door in doors]
                assert sum(held) == 200
                assert min(held) > 0
                await streams[-1].hears(3)
                for stream in streams:
                    stream.reset()
                for door in doors:
                    assert await until_gone(door) < 2
            counter.stopping = True
            await writing
            for door, before, tasks_before in zip(doors, files, tasks, strict=True):
                assert open_files(door.pid) <= before + 2
                assert (await door.get("/who"))["tasks"] <= tasks_before + 2

    play(scenario)


def test_a_reader_that_stalls_is_let_go_and_the_others_get_everything(server: Server) -> None:
    async def scenario() -> None:
        async with open_doors(server) as doors, streams_of_all(server, each=2) as groups:
            await make_posts(doors[0])
            stalled = groups[0][0]
            others = [stream for group in groups for stream in group if stream is not stalled]
            for stream in (stalled, *others):
                await stream.subscribe(doors[1], "posts/*")
            title = "x" * 50_000
            record = (await doors[0].save("POST", POSTS, {"n": 0, "title": title}))["id"]
            for stream in (stalled, *others):
                await stream.hears(1)
            stalled.hold()
            door = next(door for door in doors if door.worker == stalled.worker)
            written = 0

            seen: dict[str, Any] = {"clients": len(groups[0])}
            while seen["clients"] == len(groups[0]):
                written += 1
                await doors[written % WORKERS].save("PATCH", f"{POSTS}/{record}", {"n+": 1})
                seen = await door.get("/who")
            assert written > 256
            for stream in others:
                await stream.hears(written + 1)
                assert counts(stream, record) == list(range(written + 1))
            stalled.go_on()
            await stalled.ended.wait()
            assert not stalled.is_complete

    play(scenario)


# floods


async def probe(door: Door, stopping: asyncio.Event) -> list[float]:
    """Ask for the health again and again; return how long each took, in seconds."""
    found = []
    while not stopping.is_set():
        started = time.perf_counter()
        assert (await door.do("GET", "/api/health")).status_code == 200
        found.append(time.perf_counter() - started)
        await asyncio.sleep(POLL_S)
    return sorted(found)


def test_floods_of_subscriptions_hold_nobody_up_and_leave_no_memory(tmp_path: Path) -> None:
    topics = [f"posts/{number:04d}?options=".ljust(2500, "x") for number in range(1000)]
    count = 16

    async def flood(server: Server, doors: list[Door]) -> None:
        async with open_doors(server) as others:
            streams = await asyncio.gather(*(Stream.open(server) for _ in range(count)))
            for first in range(0, count, WORKERS):
                await asyncio.gather(
                    *(
                        stream.subscribe(door, *topics)
                        for door, stream in zip(others, streams[first:], strict=False)
                    )
                )
            for stream in streams:
                stream.close()
        for door in doors:
            await until_gone(door)

    async def scenario(server: Server) -> None:
        async with open_doors(server) as doors:
            await flood(server, doors)
            before = [rss_mb(door.pid) for door in doors]
            stopping = asyncio.Event()
            probing = [asyncio.create_task(probe(door, stopping)) for door in doors]
            for _ in range(3):
                await flood(server, doors)
            stopping.set()
            waits = sorted(wait for found in await asyncio.gather(*probing) for wait in found)
            after = [rss_mb(door.pid) for door in doors]
            p99 = waits[int(len(waits) * 0.99)]
            assert p99 < 0.5
            for mb_before, mb_after in zip(before, after, strict=True):
                assert mb_after < mb_before + 40  # the topics of one flood are 20 MB

    with start(add_hooks(tmp_path)) as server:
        play(lambda: scenario(server))


# the end


def test_a_stop_answers_accepted_writes_and_ends_the_streams(tmp_path: Path) -> None:
    answered: set[str] = set()

    async def write(door: Door, name: str) -> None:
        with contextlib.suppress(httpx.TransportError):
            for number in range(100_000):
                title = f"{name}-{number}"
                answer = await door.do("POST", POSTS, {"title": title})
                if answer.status_code == 503:
                    return
                assert answer.status_code == 200
                answered.add(title)

    async def scenario(server: Server) -> None:
        async with contextlib.AsyncExitStack() as stack:
            doors = [
                door
                for _ in range(4)
                for door in await stack.enter_async_context(open_doors(server))
            ]
            groups = await stack.enter_async_context(streams_of_all(server, each=4))
            await make_posts(doors[0])
            streams = [stream for group in groups for stream in group]
            for stream in streams:
                await stream.subscribe(doors[0], "posts/*")
            writing = [
                asyncio.create_task(write(door, f"{place}")) for place, door in enumerate(doors)
            ]
            await streams[0].hears(50)
            server.process.send_signal(signal.SIGTERM)
            for stream in streams:
                await stream.ended.wait()
                assert stream.is_complete
            await asyncio.gather(*writing)

    server = start(add_hooks(tmp_path))
    pids = worker_pids(server)
    play(lambda: scenario(server))
    assert server.process.wait(LIMIT_S) == 0
    assert not any(is_alive(pid) for pid in pids)
    with start(tmp_path) as again, Client(again) as client:
        assert {record["title"] for record in client.records("posts")} == answered

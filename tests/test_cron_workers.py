"""Jobs with several workers: by the clock in the first one, by hand wherever the request arrives.

The clock of these servers ticks all the time, so that nobody waits for a minute.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.durability.clients import Client
from tests.servers import Server, ServerKind, start_pbpy
from tests.worker_processes import owner, wait_until, worker_pids

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = 3
TICKS = 5
STOP_S = 8.0
HOOKS = """
import asyncio, os, threading
from pathlib import Path

NOTES = Path(__file__).parent.parent

def note(app, name):
    with (NOTES / name).open("a") as notes:
        notes.write(f"{os.getpid()} {app.place.number}\\n")

def register(app):
    app.cron.interval_s = 0.02

    @app.cron("tick", "* * * * *")
    async def tick(app):
        note(app, "ticks")

    @app.cron("hand", "0 0 31 2 *")
    def hand(app):
        note(app, "hands")

    @app.cron("hang", "0 0 31 2 *")
    def hang(app):
        note(app, "hangs")
        threading.Event().wait()

    @app.cron("linger", "0 0 31 2 *")
    async def linger(app):
        note(app, "lingers")
        await asyncio.Event().wait()
"""


def start(folder: Path, workers: int = WORKERS, kind: ServerKind = "auto") -> Server:
    (folder / "pb_hooks").mkdir()
    (folder / "pb_hooks" / "jobs.py").write_text(HOOKS)
    server = start_pbpy(folder, "--workers", str(workers), server=kind)
    wait_until(lambda: "Server started" in server.output)
    return server


def notes(server: Server, name: str = "ticks") -> list[tuple[int, int]]:
    """Return process and number of the worker of every run, in their order."""
    path = server.folder / name
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(pid), int(number)) for pid, number in map(str.split, lines)]


def test_the_clock_of_the_first_worker_runs_and_its_successor_goes_on(tmp_path: Path) -> None:
    with start(tmp_path) as server:
        pids = worker_pids(server)
        wait_until(lambda: len(notes(server)) >= TICKS)
        [(first, number)] = set(notes(server))
        assert (first in pids, number) == (True, 0)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: sum(pid != first for pid, _ in notes(server)) >= TICKS)
        after = {note for note in notes(server) if note[0] != first}
        [(successor, number)] = after
        assert (successor in pids, number) == (False, 0)
        assert successor in worker_pids(server)
        other = next(pid for pid in pids if pid != first)
        os.kill(other, signal.SIGKILL)
        wait_until(lambda: len(set(worker_pids(server)) - {other}) == WORKERS)
        seen = len(notes(server))
        wait_until(lambda: len(notes(server)) >= seen + TICKS)
        assert {pid for pid, _ in notes(server)} == {first, successor}
        assert server.stop() == 0


def test_a_request_runs_a_job_where_it_arrives(tmp_path: Path) -> None:
    with start(tmp_path) as server, contextlib.ExitStack() as stack:
        asked = []
        for _ in range(200):
            client = stack.enter_context(Client(server))
            client.get("/api/health")
            pid = owner(server, client._connection)
            listed = [job["id"] for job in client.get("/api/crons")]
            assert listed[:4] == ["hand", "hang", "linger", "tick"]
            assert client.ask("POST", "/api/crons/hand").status == 204
            asked.append(pid)
            wait_until(lambda: len(notes(server, "hands")) == len(asked))
            if len(set(asked)) == WORKERS:
                break
        assert set(asked) == set(worker_pids(server))
        assert [pid for pid, _ in notes(server, "hands")] == asked


@pytest.mark.parametrize(("workers", "kind"), [(1, "uvicorn"), (2, "hypercorn")])
def test_jobs_that_run_do_not_hold_up_the_end(
    tmp_path: Path, workers: int, kind: ServerKind
) -> None:
    with start(tmp_path, workers, kind) as server:
        with Client(server) as client:
            for name in ("hang", "linger"):
                assert client.ask("POST", f"/api/crons/{name}").status == 204
        wait_until(lambda: len(notes(server, "hangs")) == len(notes(server, "lingers")) == 1)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < STOP_S
        files = sorted(path.name for path in server.data_dir.iterdir() if path.is_file())
        assert files == ["auxiliary.db", "data.db"]
        assert "Traceback" not in server.output

"""Servers with workers, and what a test can see of them from /proc."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.durability.clients import Client
from tests.servers import start_pbpy

if TYPE_CHECKING:
    import http.client
    from collections.abc import Callable

    from tests.servers import Server, ServerKind

LIMIT_S = 15.0
POLL_S = 0.005
WORKERS = 2


def start(folder: Path, kind: ServerKind = "auto", workers: int = WORKERS) -> Server:
    """Start a server and wait until all workers are ready."""
    server = start_pbpy(folder, "--workers", str(workers), server=kind)
    wait_until(lambda: "Server started" in server.output)
    return server


def worker_pids(server: Server) -> list[int]:
    """Return the processes that the server has forked."""
    path = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    try:
        return [int(word) for word in path.read_text().split()]
    except FileNotFoundError:
        return []


def wait_until(is_true: Callable[[], bool], limit_s: float = LIMIT_S) -> float:
    """Wait, and return for how long."""
    started = time.monotonic()
    while not is_true():
        assert time.monotonic() - started < limit_s
        time.sleep(POLL_S)
    return time.monotonic() - started


def is_alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def owner(server: Server, client: http.client.HTTPConnection) -> int:
    """Return which worker has the other end of an open connection."""
    assert client.sock is not None
    port = client.sock.getsockname()[1]
    inodes = {
        fields[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (fields := line.split())[1].endswith(f":{server.port:04X}")
        and fields[2].endswith(f":{port:04X}")
    }
    for pid in worker_pids(server):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if str(link.readlink())[8:-1] in inodes:
                    return pid
    raise AssertionError("no worker has the connection")


def clients_of_all(server: Server, stack: contextlib.ExitStack) -> list[Client]:
    """Return one client of each worker."""
    found: dict[int, Client] = {}
    for _ in range(200):
        client = stack.enter_context(Client(server))
        client.get("/api/health")
        found.setdefault(owner(server, client._connection), client)
        if len(found) == len(worker_pids(server)):
            return list(found.values())
    raise AssertionError("some worker gets no connections")

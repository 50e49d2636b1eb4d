"""`pbpy serve --workers 2`: real processes, one port; what they share and how they end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.bus.members import has_redis, redis_server
from tests.durability.clients import Client, together
from tests.servers import Server, ServerError, ServerKind, run_command, start_pbpy
from tests.worker_processes import (
    WORKERS,
    clients_of_all,
    is_alive,
    owner,
    start,
    wait_until,
    worker_pids,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_S = 15.0
REPLACED_S = 1.0
HEALTH = b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
SIGN_IN = b"POST /api/collections/_superusers/auth-with-password HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module", params=["uvicorn", "hypercorn"])
def kind(request: pytest.FixtureRequest) -> ServerKind:
    chosen: ServerKind = request.param
    return chosen


@pytest.fixture(scope="module")
def server(kind: ServerKind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start(tmp_path_factory.mktemp(kind), kind) as started:
        yield started


# what they share


def test_the_connections_are_spread(server: Server) -> None:
    def ask(client: Client, _: int) -> int:
        return owner(server, client._connection)

    owners = together(server, 40, ask)
    assert set(owners) == set(worker_pids(server))
    assert min(owners.count(pid) for pid in set(owners)) >= 5


def test_a_schema_change_is_seen_by_all_at_once(server: Server) -> None:
    change_schema(server)


@pytest.mark.skipif(not has_redis(), reason="redis-server is not installed")
def test_a_schema_change_is_seen_through_redis(tmp_path: Path) -> None:
    workers = ("--workers", "2", "--redisUrl")
    with redis_server(tmp_path) as url, start_pbpy(tmp_path, *workers, url) as server:
        change_schema(server)
        assert server.stop() == 0
        assert databases(server) == ["auxiliary.db", "data.db"]


def change_schema(server: Server) -> None:
    """Change collections through one worker and use them through the other."""
    with contextlib.ExitStack() as stack:
        one, other = clients_of_all(server, stack)
        for number in range(15):
            name = f"seen{number}"
            path = f"/api/collections/{name}/records"
            fields: list[dict[str, Any]] = [{"type": "text", "name": "title"}]
            one.do("POST", "/api/collections", {"name": name, "fields": fields})
            assert other.ask("POST", path, {"title": "a"}).status == 200
            fields.append({"type": "number", "name": "n"})
            other.do("PATCH", f"/api/collections/{name}", {"fields": fields, "listRule": "n = 1"})
            assert one.do("POST", path, {"title": "b", "n": 1})["n"] == 1
            assert [guest(server, item, path) for item in (one, other)] == [1, 1]
            other.do("PATCH", f"/api/collections/{name}", {"listRule": "n = 2"})
            assert [guest(server, item, path) for item in (one, other)] == [0, 0]
            one.do("DELETE", f"/api/collections/{name}")
            assert other.ask("GET", path).status == 404
            one, other = other, one


def guest(server: Server, client: Client, path: str) -> int:
    """Return how many records a guest sees on the connection of a client."""
    client._connection.request("GET", path)
    total: int = json.loads(client._connection.getresponse().read())["totalItems"]
    return total


def test_settings_are_seen_by_all_at_once(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        clients = clients_of_all(server, stack)
        for number in range(10):
            changed = {"meta": {"appName": f"Name {number}"}}
            clients[number % WORKERS].do("PATCH", "/api/settings", changed)
            names = [client.get("/api/settings")["meta"]["appName"] for client in clients]
            assert names == [f"Name {number}"] * WORKERS


def test_rate_limits_hold_for_all_together(tmp_path: Path) -> None:
    rule = {"label": "/api/health", "duration": 600, "maxRequests": 20}
    limits = {"enabled": True, "rules": [rule]}
    with start(tmp_path) as server, contextlib.ExitStack() as stack:
        clients = clients_of_all(server, stack)
        clients[0].do("PATCH", "/api/settings", {"rateLimits": limits})
        for generation in range(2):
            statuses = []
            for number in range(30):
                connection = clients[number % WORKERS]._connection
                connection.request("GET", "/api/health")
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)
            assert statuses == [200] * 20 + [429] * 10
            meta = {"appName": f"Name {generation}"}
            clients[1].do("PATCH", "/api/settings", {"meta": meta})


def test_workers_write_one_counter(server: Server) -> None:
    fields = [{"type": "number", "name": "n"}]
    path = "/api/collections/counters/records"
    with Client(server) as client:
        client.do("POST", "/api/collections", {"name": "counters", "fields": fields})
        record = client.do("POST", path, {"n": 0})["id"]

        def add(client: Client, _: int) -> None:
            for _ in range(20):
                client.do("PATCH", f"{path}/{record}", {"n+": 1})

        together(server, 12, add)
        assert client.get(f"{path}/{record}")["n"] == 240


def test_a_sign_in_holds_for_all(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        clients = clients_of_all(server, stack)
        assert [client.ask("GET", "/api/collections").status for client in clients] == [200, 200]


# who dies


def test_a_killed_worker_is_replaced_and_nobody_else_notices(tmp_path: Path) -> None:
    with start(tmp_path) as server, contextlib.ExitStack() as stack:
        clients = clients_of_all(server, stack)
        pids = [owner(server, client._connection) for client in clients]
        os.kill(pids[0], signal.SIGKILL)
        waited = wait_until(
            lambda: len(new := worker_pids(server)) == WORKERS and pids[0] not in new
        )
        assert waited < REPLACED_S
        assert clients[1].ask("GET", "/api/health").status == 200
        with pytest.raises((OSError, http.client.HTTPException)):
            clients[0].ask("GET", "/api/health")
        assert len(clients_of_all(server, stack)) == WORKERS
        assert re.search(r"worker [01] has ended \(signal 9, Killed\)", server.output)
        assert server.stop() == 0
        assert databases(server) == ["auxiliary.db", "data.db"]


def test_a_worker_that_is_asked_to_end_finishes_and_is_replaced(tmp_path: Path) -> None:
    with start(tmp_path) as server, contextlib.ExitStack() as stack:
        clients = clients_of_all(server, stack)
        ended = owner(server, clients[0]._connection)
        os.kill(ended, signal.SIGTERM)
        wait_until(lambda: not is_alive(ended))
        wait_until(lambda: len(worker_pids(server)) == WORKERS)
        assert len(clients_of_all(server, stack)) == WORKERS


def test_a_worker_that_dies_again_and_again_is_not_started_without_a_pause(tmp_path: Path) -> None:
    with start(tmp_path) as server, contextlib.ExitStack() as stack:
        first, victim = worker_pids(server)
        started = time.monotonic()
        for _ in range(4):
            os.kill(victim, signal.SIGKILL)
            [victim] = replaced(server, {first, victim})
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: worker_pids(server) == [first])
        for _ in range(8):  # new connections are not left to wait for the dead
            with contextlib.closing(server.connect()) as connection:
                connection.request("GET", "/api/health")
                assert connection.getresponse().status == 200
        replaced(server, {first, victim})
        # The pauses are 0, 0.1, 0.2, 0.4 and 0.8 s.
        assert time.monotonic() - started > 1.4
        assert len(clients_of_all(server, stack)) == WORKERS
        assert server.stop() == 0


def replaced(server: Server, before: set[int]) -> set[int]:
    """Wait until all workers run again; return those that are new."""
    wait_until(lambda: len(set(worker_pids(server)) - before) == 1)
    return set(worker_pids(server)) - before


def test_no_worker_survives_its_parent(tmp_path: Path) -> None:
    server = start(tmp_path)
    pids = worker_pids(server)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(LIMIT_S)
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    # Workers that close at the same moment may leave the log, which the next start takes up.
    with start(tmp_path) as again:
        assert again.stop() == 0
        assert databases(again) == ["auxiliary.db", "data.db"]


def databases(server: Server) -> list[str]:
    """Return the files of the data directory, and the folders that are not empty."""
    paths = server.data_dir.iterdir()
    return sorted(path.name for path in paths if path.is_file() or any(path.iterdir()))


# the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_cleanly(kind: ServerKind, tmp_path: Path, number: signal.Signals) -> None:
    server = start(tmp_path, kind)
    pids = worker_pids(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as idle:
        idle.sendall(HEALTH)
        assert read_until(idle, b"}}").startswith(b"HTTP/1.1 200")
        os.kill(server.process.pid, number)
        assert server.process.wait(LIMIT_S) == 0
        assert idle.recv(1000) == b""
    assert not any(is_alive(pid) for pid in pids)
    assert databases(server) == ["auxiliary.db", "data.db"]
    assert "Traceback" not in server.output


def test_ctrl_c_in_a_terminal_is_one_stop(tmp_path: Path) -> None:
    server = start(tmp_path)
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.process.wait(LIMIT_S) == 0
    assert "Traceback" not in server.output


def test_sigint_ends_a_server_that_a_script_has_put_into_the_background(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for `pbpy serve &`
    try:
        server = start(tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    with server:
        os.kill(server.process.pid, signal.SIGINT)
        assert server.process.wait(LIMIT_S) == 0


def test_accepted_requests_are_finished_and_streams_closed(
    kind: ServerKind, tmp_path: Path
) -> None:
    body = b'{"identity":"a","password":"b"}'
    head = SIGN_IN + b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    with start(tmp_path, kind) as server, contextlib.ExitStack() as stack:

        def connect(request: bytes) -> socket.socket:
            address = ("127.0.0.1", server.port)
            opened = stack.enter_context(socket.create_connection(address, timeout=LIMIT_S))
            opened.sendall(request)
            return opened

        streams = [connect(b"GET /api/realtime HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(8)]
        for stream in streams:
            assert b"PB_CONNECT" in read_until(stream, b"PB_CONNECT")
        halves = [connect(head) for _ in range(8)]
        for half in halves:  # which are accepted then
            assert read_until(half, b"\r\n\r\n").startswith(b"HTTP/1.1 100")
            half.sendall(body[:5])
        os.kill(server.process.pid, signal.SIGTERM)
        for stream in streams:
            read_until(stream, b"never")
        for half in halves:
            half.sendall(body[5:])
            assert half.recv(1000).startswith(b"HTTP/1.1 400")
        assert server.process.wait(LIMIT_S) == 0
    assert databases(server) == ["auxiliary.db", "data.db"]


def read_until(opened: socket.socket, text: bytes) -> bytes:
    """Return what comes until text, or the end."""
    received = b""
    while text not in received and (piece := opened.recv(65536)):
        received += piece
    return received


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    server = start(tmp_path)
    pids = worker_pids(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as half:
        half.sendall(SIGN_IN + b"Content-Length: 900\r\n\r\n{")
        half.settimeout(LIMIT_S)
        os.kill(server.process.pid, signal.SIGTERM)
        wait_until(lambda: not accepts(server))
        os.kill(server.process.pid, signal.SIGTERM)
        assert server.process.wait(LIMIT_S) == -signal.SIGTERM
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def accepts(server: Server) -> bool:
    with contextlib.closing(server.connect(timeout_s=LIMIT_S)) as connection:
        try:
            connection.request("GET", "/api/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False


# the start


def test_an_address_in_use_is_a_clear_error(server: Server, tmp_path: Path) -> None:
    for count in ("1", "2"):
        with pytest.raises(
            ServerError,
            match=rf"exit code 1[\s\S]*cannot listen on \S+ port {server.port}: .*another",
        ):
            serve(server.port, tmp_path, count)


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        ("0", "there must be 1 to 128 workers, not 0"),
        ("-1", "there must be 1 to 128 workers, not -1"),
        ("1000", "there must be 1 to 128 workers, not 1000"),
        ("many", "argument --workers: not a whole number: 'many'"),
    ],
)
def test_a_number_of_workers_that_cannot_be(tmp_path: Path, count: str, reason: str) -> None:
    with pytest.raises(ServerError, match=reason):
        serve(0, tmp_path, count)


def test_a_start_that_cannot_work_says_why(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1_bad.py").write_text("raise ValueError('no good')\n")
    with pytest.raises(ServerError, match=r"exit code 1[\s\S]*1_bad\.py[\s\S]*no good"):
        serve(0, tmp_path, "2", "--migrationsDir", str(tmp_path / "migrations"))
    (tmp_path / "file").touch()
    with pytest.raises(ServerError, match=r"exit code 1[\s\S]*file"):
        run_command("pbpy", "serve", "--workers", "2", "--dir", str(tmp_path / "file"))


def test_a_worker_that_cannot_start_ends_the_server(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "bad.py").write_text(
        "def register(app):\n"
        "    @app.on_serve\n"
        "    async def fail(e):\n"
        "        raise ValueError('no good')\n"
    )
    with pytest.raises(ServerError, match=r"no good[\s\S]*a worker ended before it could serve"):
        serve(0, tmp_path, "2", "--hooksDir", str(hooks))


def test_migrations_run_once_and_hooks_in_every_worker(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1_note.py").write_text(
        "import os, pathlib\n"
        "async def up(app):\n"
        f"    with open({str(tmp_path / 'ups')!r}, 'a') as notes:\n"
        "        notes.write('up')\n"
        "async def down(app):\n"
        "    pass\n"
    )
    (tmp_path / "pb_hooks").mkdir()
    (tmp_path / "pb_hooks" / "who.py").write_text(
        "import os\n"
        "def register(app):\n"
        "    @app.route('GET', '/who')\n"
        "    async def who(request):\n"
        "        place = app.place\n"
        "        return {'number': place.number, 'first': place.is_first,"
        " 'worker': app.bus.worker}\n"
    )
    with start(tmp_path, workers=3) as server, contextlib.ExitStack() as stack:
        answers = [client.get("/who") for client in clients_of_all(server, stack)]
        assert sorted((each["number"], each["first"]) for each in answers) == [
            (0, True),
            (1, False),
            (2, False),
        ]
        assert len({each["worker"] for each in answers}) == 3
    assert (tmp_path / "ups").read_text() == "up"


def test_requests_go_on_while_a_worker_is_killed(tmp_path: Path) -> None:
    with start(tmp_path) as server:
        stopping = threading.Event()
        failures: list[str] = []

        def ask_anew() -> None:
            while not stopping.is_set():
                with contextlib.closing(server.connect()) as connection:
                    try:
                        connection.request("GET", "/api/health")
                        status = connection.getresponse().status
                    except (OSError, http.client.HTTPException) as error:
                        failures.append(repr(error))
                    else:
                        assert status == 200

        threads = [threading.Thread(target=ask_anew) for _ in range(4)]
        for thread in threads:
            thread.start()
        victim = worker_pids(server)[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(new := worker_pids(server)) == WORKERS and victim not in new)
        stopping.set()
        for thread in threads:
            thread.join(LIMIT_S)
        # At most what the killed worker held; new connections wait for the next one.
        assert len(failures) <= len(threads)


def serve(port: int, folder: Path, workers: str, *more: str) -> str:
    return run_command(
        "pbpy",
        "serve",
        "--http",
        f"127.0.0.1:{port}",
        "--dir",
        str(folder / "d"),
        "--workers",
        workers,
        *more,
    )

"""A real server process on each ASGI server: framing, limits, slow clients, the end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import Server, ServerError, ServerKind, run_command, start_pbpy

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 10.0
HEALTH = b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
SIGN_IN = b"POST /api/collections/_superusers/auth-with-password HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module", params=["uvicorn", "hypercorn"])
def kind(request: pytest.FixtureRequest) -> ServerKind:
    chosen: ServerKind = request.param
    return chosen


@pytest.fixture(scope="module")
def server(kind: ServerKind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_pbpy(tmp_path_factory.mktemp(kind), server=kind) as started:
        yield started


@contextmanager
def connection(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as opened:
        yield opened


def read_answer(opened: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the next answer."""
    response = http.client.HTTPResponse(opened)
    response.begin()
    body = response.read()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def is_closed(opened: socket.socket) -> bool:
    """Wait for the other end to close; False if it says something instead."""
    try:
        return opened.recv(1) == b""
    except ConnectionError:
        return True


def answers_of(server: Server, request: bytes) -> list[int]:
    """Return the statuses of all answers until the server closes."""
    with connection(server) as opened:
        opened.sendall(request)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := opened.recv(65536):
                received += piece
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", received)]


def test_keeps_connections_open(server: Server) -> None:
    with connection(server) as opened:
        for _ in range(3):
            opened.sendall(HEALTH)
            status, headers, body = read_answer(opened)
            assert (status, headers["content-length"], len(body)) == (200, "50", 50)
            assert "server" not in headers
            assert "date" in headers


def test_answers_pipelined_requests_in_order(server: Server) -> None:
    last = HEALTH.replace(b"/api/health", b"/api/nope").replace(
        b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"
    )
    assert answers_of(server, HEALTH + HEALTH + last) == [200, 200, 404]


def test_head_has_no_body(server: Server) -> None:
    with connection(server) as opened:
        opened.sendall(HEALTH.replace(b"GET", b"HEAD"))
        response = http.client.HTTPResponse(opened, method="HEAD")
        response.begin()
        assert (response.status, response.getheader("content-length")) == (200, "50")
        opened.sendall(HEALTH)
        assert read_answer(opened)[0] == 200


@pytest.mark.parametrize("method", [b"PURGE", b"FOO", b"PROPFIND", b"M-SEARCH", b"x"])
def test_unusual_methods_are_unknown_routes(server: Server, method: bytes) -> None:
    with connection(server) as opened:
        for _ in range(2):
            opened.sendall(HEALTH.replace(b"GET", method))
            status, headers, body = read_answer(opened)
            assert (status, headers["content-type"]) == (404, "application/json")
            assert json.loads(body)["status"] == 404


def test_targets_in_absolute_form(server: Server) -> None:
    with connection(server) as opened:
        opened.sendall(HEALTH.replace(b"/api", b"http://elsewhere.example/api"))
        assert read_answer(opened)[0] == 200


def test_a_bad_escape_is_a_bad_request(server: Server) -> None:
    with connection(server) as opened:
        opened.sendall(HEALTH.replace(b"/api/health", b"/%zz"))
        assert read_answer(opened)[::2] == (400, b"400 Bad Request")
        assert is_closed(opened)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_one_400(server: Server, request_bytes: bytes) -> None:
    assert answers_of(server, request_bytes + HEALTH) == [400]


def test_both_framings_get_one_answer_and_the_end(server: Server) -> None:
    smuggled = HEALTH.replace(b"health", b"nope")
    request = (
        b"POST /api/health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    assert len(answers_of(server, request + smuggled)) == 1


def test_a_head_that_is_too_large_is_refused(server: Server) -> None:
    assert answers_of(server, HEALTH[:-2] + b"X: " + b"x" * 600_000 + b"\r\n\r\n") == [431]


def test_a_head_of_64_kilobytes_is_fine(server: Server) -> None:
    with connection(server) as opened:
        opened.sendall(HEALTH[:-2] + b"X: " + b"x" * 64_000 + b"\r\n\r\n")
        assert read_answer(opened)[0] == 200


def test_an_announced_body_that_is_too_large_is_refused_at_once(server: Server) -> None:
    with connection(server) as opened:
        opened.sendall(SIGN_IN + b"Content-Length: 40000000\r\n\r\n")
        status, headers, body = read_answer(opened)
        assert (status, headers["connection"]) == (413, "close")
        assert json.loads(body)["message"] == "Request entity too large."
        assert is_closed(opened)


def test_the_sender_of_a_body_that_is_too_large_sees_the_answer(server: Server) -> None:
    with connection(server) as opened:
        opened.sendall(SIGN_IN + b"Content-Length: 34000000\r\n\r\n")
        opened.sendall(bytes(34_000_000))
        assert read_answer(opened)[0] == 413


def test_a_chunked_body_that_is_too_large_is_refused(server: Server) -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    head = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connection(server) as opened:
        opened.sendall(SIGN_IN + head)
        with contextlib.suppress(ConnectionError):
            for _ in range(33):
                opened.sendall(chunk)
        assert read_answer(opened)[0] == 413


CHUNKED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "piece", [b"T: x\r\n" * 1000, b"T: " + b"x" * 600_000, b"2;" + b"x" * 600_000]
)
def test_what_surrounds_a_body_has_an_end(server: Server, piece: bytes) -> None:
    start = b"" if piece.startswith(b"2;") else b"2\r\n{}\r\n0\r\n"
    with connection(server) as opened:
        opened.sendall(SIGN_IN + CHUNKED + start)
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                opened.sendall(piece)
        with contextlib.suppress(ConnectionError):
            assert read_answer(opened)[0] == 431
        assert is_closed(opened)


def test_a_trailer_is_no_header(server: Server) -> None:
    request = b"POST /api/collections HTTP/1.1\r\nHost: x\r\n" + CHUNKED + b"2\r\n{}\r\n0\r\n"
    token = server.superuser_token.encode()
    with connection(server) as opened:
        opened.sendall(request + b"Authorization: " + token + b"\r\n\r\n")
        assert read_answer(opened)[0] == 401


def test_a_request_for_a_websocket_gets_a_plain_answer(server: Server) -> None:
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with connection(server) as opened:
        opened.sendall(HEALTH[:-2] + upgrade)
        status, _, body = read_answer(opened)
        assert (status, json.loads(body)["code"]) == (200, 200)


def test_expect_continue(server: Server) -> None:
    body = b'{"identity":"a"}'
    head = b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with connection(server) as opened:
        opened.sendall(SIGN_IN + head % len(body))
        assert opened.recv(1000).startswith(b"HTTP/1.1 100 ")
        opened.sendall(body)
        assert read_answer(opened)[0] == 400


def test_slow_and_silent_clients_disturb_nobody(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(60):
            slow = stack.enter_context(connection(server))
            slow.sendall((b"", HEALTH[:20], SIGN_IN + b"Content-Length: 9\r\n\r\n{")[number % 3])
        started = time.monotonic()
        with connection(server) as opened:
            opened.sendall(HEALTH)
            assert read_answer(opened)[0] == 200
        assert time.monotonic() - started < 1


def test_a_client_that_leaves_in_the_middle_ends_nothing(server: Server) -> None:
    for request in (HEALTH[:20], HEALTH, SIGN_IN + b"Content-Length: 900\r\n\r\n{"):
        for _ in range(5):
            with connection(server) as opened:
                opened.sendall(request)
    with connection(server) as opened:
        opened.sendall(HEALTH)
        assert read_answer(opened)[0] == 200
    assert "Traceback" not in server.output


def open_files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("sent", [b"", HEALTH[:20], SIGN_IN + b"Content-Length: 9\r\n\r\n{"])
def test_clients_that_leave_take_their_connection_along(server: Server, sent: bytes) -> None:
    before = open_files(server)
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(connection(server)).sendall(sent)
    deadline = time.monotonic() + LIMIT_S
    while open_files(server) > before + 5:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_first_start_tells_where_to_go(kind: ServerKind, tmp_path: Path) -> None:
    (tmp_path / "pb_data").mkdir()
    (tmp_path / "pb_data" / "data.db").touch()
    with start_pbpy(tmp_path, server=kind) as fresh:
        output = fresh.output
        assert f"Server started at {fresh.base_url}\n" in output
        assert f"├─ REST API:  {fresh.base_url}/api/\n" in output
        assert f"{fresh.base_url}/_/#/pbinstall/ey" in output


def test_an_address_in_use_is_a_clear_error(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"exit code 1[\s\S]*cannot listen on"):
        run_command(
            "pbpy", "serve", "--http", f"127.0.0.1:{server.port}", "--dir", str(tmp_path / "d")
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(kind: ServerKind, tmp_path: Path, number: signal.Signals) -> None:
    with start_pbpy(tmp_path, server=kind) as stopping:
        with connection(stopping) as idle:
            idle.sendall(HEALTH)
            assert read_answer(idle)[0] == 200
            os.kill(stopping.process.pid, number)
            assert stopping.process.wait(LIMIT_S) == 0
            assert is_closed(idle)
        assert "Traceback" not in stopping.output
    assert sorted(path.name for path in stopping.data_dir.iterdir() if path.suffix != "") == [
        "auxiliary.db",
        "data.db",
    ]


def test_accepted_requests_are_finished_and_late_ones_refused(
    kind: ServerKind, tmp_path: Path
) -> None:
    body = b'{"identity":"a","password":"b"}'
    head = SIGN_IN + b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    with (
        start_pbpy(tmp_path, server=kind) as stopping,
        connection(stopping) as half,
        connection(stopping) as idle,
    ):
        half.sendall(head)
        assert half.recv(1000).startswith(b"HTTP/1.1 100")  # so its worker has accepted it
        half.sendall(body[:5])
        idle.sendall(HEALTH)
        assert read_answer(idle)[0] == 200
        os.kill(stopping.process.pid, signal.SIGTERM)
        status = 200
        headers: dict[str, str] = {}
        while status == 200:
            idle.sendall(HEALTH)
            status, headers, _ = read_answer(idle)
        assert (status, headers["connection"]) == (503, "close")
        half.sendall(body[5:])
        assert read_answer(half)[0] == 400
        assert stopping.process.wait(LIMIT_S) == 0


def test_a_second_signal_ends_at_once(kind: ServerKind, tmp_path: Path) -> None:
    with start_pbpy(tmp_path, server=kind) as stopping, connection(stopping) as half:
        half.sendall(SIGN_IN + b"Content-Length: 900\r\n\r\n{")
        os.kill(stopping.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + LIMIT_S
        while accepts(stopping):
            assert time.monotonic() < deadline
        os.kill(stopping.process.pid, signal.SIGTERM)
        assert stopping.process.wait(LIMIT_S) == -signal.SIGTERM


def accepts(server: Server) -> bool:
    """Tell whether new requests are still answered by more than a refusal."""
    try:
        with connection(server) as opened:
            opened.sendall(HEALTH)
            return read_answer(opened)[0] == 200
    except (OSError, http.client.HTTPException):
        return False

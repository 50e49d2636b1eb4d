"""Answers over a real socket: how a head and its body reach the client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from pbpy.serve import uvicorn_server
from pbpy.serve.uvicorn_server import _Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT_S = 5.0
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSING = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def exchange(*messages: Any, request: bytes = CLOSING) -> bytes:
    """Return all that a client gets of an application that sends messages."""
    return asyncio.run(_exchange(messages, request))


async def _exchange(messages: Sequence[Any], request: bytes) -> bytes:

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        for message in messages:
            if isinstance(message, Exception):
                raise message
            await send(message)

    config = Config(app, interface="asgi3", lifespan="off", ws="none", log_config=None)
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Protocol(config, state, {}), host="127.0.0.1", port=0
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        async with asyncio.timeout(LIMIT_S):
            got = await reader.read()
        writer.close()
        assert not state.tasks
    return got


def start(headers: Sequence[Any] = (), status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(content: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


LENGTH_2 = (b"content-length", b"2")


def test_a_complete_answer_has_its_headers_in_order() -> None:
    messages = (start([(b"x-a", b"1"), LENGTH_2]), body(b"ok"))
    got = exchange(*messages, request=REQUEST + CLOSING)
    whole, _, rest = got.partition(b"ok")
    assert whole == b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\n\r\n"
    assert rest.startswith(b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\n")
    assert rest.endswith(b"connection: close\r\n\r\nok")


@pytest.mark.parametrize(
    "message", [start([[b"content-length", b"2"]]), {**start(), "headers": iter([LENGTH_2])}]
)
def test_headers_may_be_any_iterable_of_pairs(message: dict[str, Any]) -> None:
    assert (exchange(message, body(b"ok"))).endswith(b"\r\n\r\nok")


def test_headers_may_be_missing() -> None:
    message = {"type": "http.response.start", "status": 200}
    assert (exchange(message, body(b"ok"), request=REQUEST + CLOSING)).count(b"\r\nok\r\n") == 2


def test_an_answer_without_body_needs_no_length() -> None:
    got = exchange(start(status=204), body(), request=REQUEST + CLOSING)
    assert got.startswith(b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n")


def test_an_answer_in_pieces_is_chunked() -> None:
    got = exchange(start(), body(b"ab", more=True), body(b"c"))
    assert got.endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")


def test_close_of_the_application_is_obeyed() -> None:
    got = exchange(start([LENGTH_2, (b"connection", b"close")]), body(b"ok"), request=REQUEST)
    assert got.endswith(b"connection: close\r\n\r\nok")


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\x00b"])
def test_a_header_cannot_smuggle_another(value: bytes) -> None:
    got = exchange(start([(b"x-a", value), LENGTH_2]), body(b"ok"), request=REQUEST)
    assert b"x: y" not in got
    assert not got.startswith(b"HTTP/1.1 200")


def test_an_error_before_the_body_is_a_500() -> None:
    got = exchange(start([LENGTH_2]), ValueError("broken"))
    assert got.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")


def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_server, "KEEP_ALIVE_S", 0.05)
    got = exchange(start([LENGTH_2]), body(b"ok"), request=REQUEST + REQUEST)
    assert got.count(b"HTTP/1.1 200 OK\r\n") == 2

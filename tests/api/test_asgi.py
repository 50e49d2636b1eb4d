"""The ASGI application as a server or another application calls it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from pbpy.api.asgi import create_asgi
from pbpy.api.responses import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pbpy.api.request import ApiRequest
    from pbpy.app import App
    from pbpy.hooks.events import ServeEvent, TerminateEvent

LIMIT_S = 5.0


class Exchange:
    """One request by hand: what the server would feed, and what it was told to send."""

    def __init__(self, method: str, path: str, **scope: Any) -> None:
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "http_version": "1.1",
            "client": ("127.0.0.1", 1234),
            **scope,
        }
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[Any] = []
        self.told = asyncio.Event()

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        self.told.set()

    async def through(self, application: Any) -> None:
        async with asyncio.timeout(LIMIT_S):
            await application(self.scope, self.incoming.get, self.send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


def run_open(app: App, work: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        async with app:
            await work(create_asgi(app))

    asyncio.run(run())


def test_the_lifespan_opens_serves_and_closes(make_app: Callable[..., App]) -> None:
    app = make_app()
    seen: list[str] = []

    @app.on_serve
    async def note_start(event: ServeEvent) -> None:
        seen.append("serve")
        await event.next()

    @app.on_terminate
    async def note_end(event: TerminateEvent) -> None:
        seen.append("terminate")
        await event.next()

    async def run() -> None:
        exchange = Exchange("", "")
        exchange.scope = {"type": "lifespan"}
        application = create_asgi(app)
        task = asyncio.create_task(exchange.through(application))
        exchange.incoming.put_nowait({"type": "lifespan.startup"})
        await exchange.told.wait()
        assert exchange.sent == [{"type": "lifespan.startup.complete"}]
        health = Exchange("GET", "/api/health")
        await health.through(application)
        assert health.status == 200
        exchange.incoming.put_nowait({"type": "lifespan.shutdown"})
        await task
        assert exchange.sent[1:] == [{"type": "lifespan.shutdown.complete"}]

    asyncio.run(run())
    assert seen == ["serve", "terminate"]


def test_a_start_that_fails_says_why(make_app: Callable[..., App]) -> None:
    app = make_app()

    @app.on_bootstrap
    async def fail(_: object) -> None:
        raise RuntimeError("no luck today")

    async def run() -> None:
        exchange = Exchange("", "")
        exchange.scope = {"type": "lifespan"}
        exchange.incoming.put_nowait({"type": "lifespan.startup"})
        with pytest.raises(RuntimeError, match="no luck"):
            await exchange.through(create_asgi(app))
        assert exchange.sent == [{"type": "lifespan.startup.failed", "message": "no luck today"}]

    asyncio.run(run())


def test_mounted_below_a_path(make_app: Callable[..., App]) -> None:
    app = make_app()
    app.route("GET", "/where/{name}")(lambda request: [request.path, request.params["name"]])
    (app.config.public_dir / "sub").mkdir(parents=True)
    outer = Starlette(routes=[Mount("/pb", app=create_asgi(app))])

    async def work(_: Any) -> None:
        transport = httpx.ASGITransport(outer)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/pb/api/health")).status_code == 200
            assert (await client.get("/pb/where/x%20y")).json() == ["/where/x y", "x y"]
            assert (await client.get("/pb/api//health")).headers["location"] == "/pb/api/health"
            assert (await client.get("/pb/_")).headers["location"] == "/pb/_/"
            assert (await client.get("/pb/sub")).headers["location"] == "/pb/sub/"
            assert (await client.get("/elsewhere")).text == "Not Found"

    run_open(app, work)


def test_websockets_are_refused(make_app: Callable[..., App]) -> None:
    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/api/health", type="websocket")
        exchange.incoming.put_nowait({"type": "websocket.connect"})
        await exchange.through(application)
        assert exchange.sent == [{"type": "websocket.close"}]

    run_open(make_app(), work)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://elsewhere.example/api/health", 200),
        (b"/api/health?x=1", 200),
        (b"http://elsewhere.example", 404),
        (b"*", 404),
        (b"/%zz", 400),
        (b"/api/%2", 400),
        (b"/\xff", 404),
    ],
)
def test_targets(make_app: Callable[..., App], target: bytes, status: int) -> None:
    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/", raw_path=target)
        await exchange.through(application)
        assert exchange.status == status

    run_open(make_app(), work)


def test_a_server_without_raw_paths(make_app: Callable[..., App]) -> None:
    app = make_app()
    app.route("GET", "/where/{name}")(lambda request: request.params["name"])

    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/where/ä %")
        del exchange.scope["raw_path"]
        await exchange.through(application)
        assert exchange.body.decode() == "ä %"

    run_open(app, work)


def test_a_read_ends_when_its_client_goes(make_app: Callable[..., App]) -> None:
    app = make_app()
    ended: list[str] = []

    @app.route("GET", "/slow")
    async def slow(_: ApiRequest) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/slow")
        exchange.incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        exchange.incoming.put_nowait({"type": "http.disconnect"})
        await exchange.through(application)
        assert exchange.sent == []

    run_open(app, work)
    assert ended == ["cancelled"]


def test_a_write_goes_on_when_its_client_goes(make_app: Callable[..., App]) -> None:
    app = make_app()

    @app.route("POST", "/slow")
    async def slow(_: ApiRequest) -> str:
        await asyncio.sleep(0.8)
        return "done"

    async def work(application: Any) -> None:
        exchange = Exchange("POST", "/slow")
        exchange.incoming.put_nowait({"type": "http.disconnect"})
        await exchange.through(application)
        assert exchange.body == b"done"

    run_open(app, work)


def test_a_client_that_goes_within_its_body_gets_no_answer(make_app: Callable[..., App]) -> None:
    async def work(application: Any) -> None:
        exchange = Exchange(
            "POST",
            "/api/sql",
            headers=[(b"content-length", b"100"), (b"content-type", b"application/json")],
        )
        exchange.incoming.put_nowait({"type": "http.request", "body": b"{", "more_body": True})
        exchange.incoming.put_nowait({"type": "http.disconnect"})
        await exchange.through(application)
        assert exchange.sent == []

    app = make_app()
    app.route("POST", "/api/sql")(lambda request: request.body.decode())
    run_open(app, work)


def test_a_stopping_server_refuses_new_requests_and_closes_streams(
    make_app: Callable[..., App],
) -> None:
    app = make_app()

    async def beats() -> AsyncIterator[bytes]:
        yield b"data:1\n\n"
        await asyncio.Event().wait()

    @app.route("GET", "/stream")
    async def stream(_: ApiRequest) -> Stream:
        return Stream(beats(), "text/event-stream")

    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/stream")
        streaming = asyncio.create_task(exchange.through(application))
        while len(exchange.sent) < 2:
            exchange.told.clear()
            await exchange.told.wait()
        assert exchange.headers[b"content-type"] == b"text/event-stream"
        application.stop()
        await streaming
        assert exchange.body == b"data:1\n\n"
        assert not exchange.sent[-1].get("more_body", False)
        refused = Exchange("GET", "/api/health")
        await refused.through(application)
        assert (refused.status, refused.headers[b"connection"]) == (503, b"close")
        assert orjson.loads(refused.body)["status"] == 503

    run_open(app, work)


def test_a_stream_ends_with_its_client(make_app: Callable[..., App]) -> None:
    app = make_app()
    ended: list[str] = []

    async def beats() -> AsyncIterator[bytes]:
        try:
            yield b"data:1\n\n"
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    app.route("GET", "/stream")(lambda _: Stream(beats(), "text/event-stream"))

    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/stream")
        exchange.incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        streaming = asyncio.create_task(exchange.through(application))
        while len(exchange.sent) < 2:
            exchange.told.clear()
            await exchange.told.wait()
        exchange.incoming.put_nowait({"type": "http.disconnect"})
        await streaming
        assert exchange.body == b"data:1\n\n"

    run_open(app, work)
    assert ended == ["ended"]


def test_a_stream_that_ends_is_complete(make_app: Callable[..., App]) -> None:
    app = make_app()

    async def two() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    app.route("GET", "/stream")(lambda _: Stream(two(), "text/plain"))

    async def work(application: Any) -> None:
        exchange = Exchange("GET", "/stream")
        await exchange.through(application)
        assert exchange.body == b"onetwo"
        assert [message.get("more_body", False) for message in exchange.sent[1:]] == [
            True,
            True,
            False,
        ]

    run_open(app, work)


def test_two_framings_close_the_connection(make_app: Callable[..., App]) -> None:
    async def work(application: Any) -> None:
        both = [(b"content-length", b"0"), (b"transfer-encoding", b"chunked")]
        exchange = Exchange("POST", "/api/health", headers=both)
        await exchange.through(application)
        assert (exchange.status, exchange.headers[b"connection"]) == (404, b"close")

    run_open(make_app(), work)


def test_a_body_that_never_comes_is_given_up(
    make_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbpy.api.incoming_body.BODY_TIMEOUT_S", 0.05)
    monkeypatch.setattr("pbpy.api.transport.LINGER_S", 0.05)
    app = make_app()
    app.route("POST", "/body")(lambda request: request.body.decode())

    async def work(application: Any) -> None:
        exchange = Exchange("POST", "/body", headers=[(b"content-length", b"5")])
        await exchange.through(application)
        assert (exchange.status, exchange.headers[b"connection"]) == (408, b"close")

    run_open(app, work)

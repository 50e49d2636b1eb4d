"""GET and POST /api/realtime, through ASGI."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest

from pbpy.api.asgi import create_asgi
from pbpy.api.realtime import MAX_SUBSCRIPTIONS, MAX_TOPIC_BYTES
from pbpy.auth.tokens import issue_auth_token, issue_static_auth_token
from pbpy.errors import Forbidden
from pbpy.fields.text import Text
from pbpy.realtime.client import MAX_QUEUED
from pbpy.schema.collection import Collection
from tests.api.streams import LIMIT_S, OpenStream, subscription
from tests.records.blog import OPEN, add, add_user

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Protocol

    from pbpy.app import App
    from pbpy.hooks.realtime_events import (
        RealtimeConnectRequestEvent,
        RealtimeMessageEvent,
        RealtimeSubscribeRequestEvent,
    )
    from pbpy.records.record import Record

    class Play(Protocol):
        def __call__(
            self, scenario: Callable[[World], Awaitable[None]], **options: Any
        ) -> None: ...


class World:
    """An open application and its edge."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.edge = create_asgi(app)

    def open(self, ip: str = "127.0.0.1") -> OpenStream:
        """Begin a stream."""
        return OpenStream(self.edge, ip)

    async def listen(self, *topics: str, auth: Record | None = None) -> OpenStream:
        """Return a stream that is subscribed to topics."""
        stream = self.open()
        answer = await self.post(subscription(await stream.connect(), *topics), auth)
        assert answer.status_code == 204
        assert answer.content == b""
        return stream

    async def post(
        self, body: Any, auth: Record | str | None = None, ip: str = "127.0.0.1"
    ) -> httpx.Response:
        """Subscribe."""
        transport = httpx.ASGITransport(self.edge, client=(ip, 1))
        token = auth if isinstance(auth, str) else auth and issue_auth_token(auth)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"Authorization": token} if token else {}
            return await client.post("/api/realtime", json=body, headers=headers)


@pytest.fixture
def play(make_app: Callable[..., App]) -> Play:
    """Return a function that runs a scenario; options are those of the configuration."""

    def run(scenario: Callable[[World], Awaitable[None]], **options: Any) -> None:
        async def main() -> None:
            async with make_app(**options) as app:
                await app.save(Collection.new_base("posts", **OPEN, fields=(Text("title"),)))
                await scenario(World(app))
                assert not app.realtime.clients

        asyncio.run(main())

    return run


def test_a_stream_begins_with_its_client_id(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = world.open()
        client_id = await stream.connect()
        assert len(client_id) == 40
        assert stream.status == 200
        expected = {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "vary": "Origin",
            "x-frame-options": "SAMEORIGIN",
        }
        assert expected.items() <= stream.headers.items()
        assert list(world.app.realtime.clients) == [client_id]
        await stream.leave()

    play(scenario)


def test_head_opens_no_stream(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = OpenStream(world.edge, method="HEAD")
        await stream.ended()
        assert (stream.status, stream.raw, stream.is_complete) == (200, b"", True)

    play(scenario)


def test_events_arrive_as_frames(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("posts/*")
        post = await add(world.app, "posts", title="a")
        event = await stream.next()
        assert (event.id, event.name) == (stream.client_id, "posts/*")
        assert orjson.loads(event.data)["record"]["id"] == post.id
        assert b"id:" + stream.client_id.encode() + b"\nevent:posts/*\ndata:{" in stream.raw
        await stream.leave()

    play(scenario)


def test_a_subscription_replaces_the_others(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("posts/*", "posts")
        client = world.app.realtime.clients[stream.client_id]
        assert set(client.subscriptions) == {"posts/*", "posts"}
        await world.post(subscription(stream.client_id, "", "posts", "posts"))
        assert set(client.subscriptions) == {"posts"}
        await world.post({"clientId": stream.client_id})
        assert not client.subscriptions
        await stream.leave()

    play(scenario)


BLANK = {"code": "validation_required", "message": "Cannot be blank."}
LONG_ID = {
    "code": "validation_length_out_of_range",
    "message": "The length must be between 1 and 255.",
    "params": {"max": 255, "min": 1},
}


def too_long(limit: int) -> dict[str, Any]:
    return {
        "code": "validation_length_too_long",
        "message": f"The length must be no more than {limit}.",
        "params": {"max": limit, "min": 0},
    }


@pytest.mark.parametrize(
    ("body", "status", "data"),
    [
        ({}, 400, {"clientId": BLANK}),
        ({"clientId": "x" * 256}, 400, {"clientId": LONG_ID}),
        ({"clientId": "é" * 128}, 400, {"clientId": LONG_ID}),
        ({"clientId": "é" * 127}, 404, {}),
        ({"clientId": 5}, 400, {}),
        ({"clientId": "x", "subscriptions": "posts"}, 400, {}),
        (
            {"clientId": "x", "subscriptions": ["a", "é" * (MAX_TOPIC_BYTES // 2 + 1)]},
            400,
            {"subscriptions": {"1": too_long(MAX_TOPIC_BYTES)}},
        ),
        ({"clientId": "x", "subscriptions": ["a" * MAX_TOPIC_BYTES]}, 404, {}),
        (
            {"clientId": "", "subscriptions": ["a"] * (MAX_SUBSCRIPTIONS + 1)},
            400,
            {"clientId": BLANK, "subscriptions": too_long(MAX_SUBSCRIPTIONS)},
        ),
        ({"clientId": "x", "subscriptions": ["a"] * MAX_SUBSCRIPTIONS}, 404, {}),
    ],
)
def test_forms_are_checked(play: Play, body: Any, status: int, data: Any) -> None:
    async def scenario(world: World) -> None:
        answer = await world.post(body)
        assert (answer.status_code, answer.json()["data"]) == (status, data)

    play(scenario)


def test_sec_08_only_the_address_of_the_stream_may_subscribe(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = world.open("10.0.0.1")
        body = subscription(await stream.connect(), "posts/*")
        answer = await world.post(body, ip="10.0.0.2")
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid realtime client.")
        assert (await world.post(body, ip="10.0.0.1")).status_code == 204
        await stream.leave()

    play(scenario)


def test_a_guest_may_sign_in_and_nobody_may_change(play: Play) -> None:
    async def scenario(world: World) -> None:
        ann, bob = [await add_user(world.app, f"{name}@example.com") for name in ("ann", "bob")]
        stream = await world.listen("posts/*")
        body = subscription(stream.client_id, "posts/*")
        statuses = [
            (await world.post(body, auth)).status_code
            for auth in (None, ann, ann, bob, None, "not-a-token")
        ]
        assert statuses == [204, 204, 204, 403, 403, 403]
        client = world.app.realtime.clients[stream.client_id]
        assert client.auth is not None
        assert client.auth.id == ann.id
        ann.refresh_token_key()
        await world.app.save(ann)
        assert (await world.post(body, bob)).status_code == 204
        await stream.leave()

    play(scenario)


def test_a_token_that_ends_on_the_way_is_refused(play: Play) -> None:
    async def scenario(world: World) -> None:
        ann = await add_user(world.app, "ann@example.com")

        @world.app.on_realtime_subscribe_request
        async def end_it(e: RealtimeSubscribeRequestEvent) -> None:
            if e.auth is not None:
                ann.refresh_token_key()
                await world.app.save(ann)
            await e.next()

        stream = await world.listen("posts")
        answer = await world.post(subscription(stream.client_id, "posts/*"), ann)
        assert answer.status_code == 403
        client = world.app.realtime.clients[stream.client_id]
        assert client.auth is None
        assert set(client.subscriptions) == {"posts"}
        await stream.leave()

    play(scenario)


def test_the_stream_ends_with_the_token_behind_it(play: Play) -> None:
    async def scenario(world: World) -> None:
        ann = await add_user(world.app, "ann@example.com")
        stream = world.open()
        client_id = await stream.connect()
        token = issue_static_auth_token(ann, 2)
        assert (await world.post(subscription(client_id, "posts"), token)).status_code == 204
        assert world.app.realtime.clients[client_id].auth_expires_at == pytest.approx(
            time.time() + 2, abs=1.5
        )
        await stream.ended()
        assert stream.is_complete

    play(scenario)


@pytest.mark.parametrize(("idle_s", "max_s"), [(0.05, 60.0), (60.0, 0.05)])
def test_a_stream_ends_when_its_time_is_over(play: Play, idle_s: float, max_s: float) -> None:
    async def scenario(world: World) -> None:
        order = []

        @world.app.on_realtime_connect_request
        async def shorten(e: RealtimeConnectRequestEvent) -> None:
            assert (e.idle_timeout_s, e.max_timeout_s) == (300, 1800)
            e.idle_timeout_s, e.max_timeout_s = idle_s, max_s
            order.append("before")
            await e.next()
            order.append("after")
            assert not e.app.realtime.clients

        stream = world.open()
        await stream.connect()
        assert order == ["before"]
        await stream.ended()
        assert order == ["before", "after"]
        assert stream.is_complete

    play(scenario)


def test_a_refused_connection_gets_the_error(play: Play) -> None:
    async def scenario(world: World) -> None:
        @world.app.on_realtime_connect_request
        def refuse(_: RealtimeConnectRequestEvent) -> None:
            raise Forbidden("Not today.")

        stream = world.open()
        await stream.ended()
        assert stream.status == 403
        assert stream.headers["content-type"] == "application/json"
        assert stream.headers["x-frame-options"] == "SAMEORIGIN"
        assert orjson.loads(stream.raw)["message"] == "Not today."

    play(scenario)


def test_a_connect_handler_without_next_opens_nothing(play: Play) -> None:
    async def scenario(world: World) -> None:
        @world.app.on_realtime_connect_request
        async def stop(_: RealtimeConnectRequestEvent) -> None:
            return

        stream = world.open()
        await stream.ended()
        assert (stream.status, stream.raw, stream.is_complete) == (200, b"", True)

    play(scenario)


def test_message_handlers_change_and_drop_what_one_client_gets(play: Play) -> None:
    async def scenario(world: World) -> None:
        first, second = await world.listen("bell"), await world.listen("bell")

        @world.app.on_realtime_message_send
        async def change(e: RealtimeMessageEvent) -> None:
            if e.client.id == first.client_id:
                if e.message.data == b'"drop"':
                    return
                e.message.data = b'"changed"'
            await e.next()

        world.app.realtime.send("bell", "drop")
        world.app.realtime.send("bell", "keep")
        assert [(await second.next()).data for _ in range(2)] == ['"drop"', '"keep"']
        assert (await first.next()).data == '"changed"'
        for stream in (first, second):
            await stream.leave()

    play(scenario)


def test_a_message_handler_that_fails_ends_the_stream(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("bell")

        @world.app.on_realtime_message_send
        def fail(_: RealtimeMessageEvent) -> None:
            raise LookupError

        world.app.realtime.send("bell", 1)
        await stream.ended()

    play(scenario)


def test_subscribe_handlers_choose_the_topics(play: Play) -> None:
    async def scenario(world: World) -> None:
        @world.app.on_realtime_subscribe_request
        def choose(e: RealtimeSubscribeRequestEvent) -> None:
            e.subscriptions = [topic for topic in e.subscriptions if topic != "secret"]

        stream = await world.listen("posts", "secret")
        assert set(world.app.realtime.clients[stream.client_id].subscriptions) == {"posts"}
        await stream.leave()

    play(scenario)


def test_messages_of_app_code_reach_one_client_or_all(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("bell")
        world.app.realtime.send("other", 1)
        world.app.realtime.send("bell", {"a": 1})
        assert world.app.realtime.clients[stream.client_id].send("direct", [2])
        assert [(e.name, e.data) for e in (await stream.next(), await stream.next())] == [
            ("bell", '{"a":1}'),
            ("direct", "[2]"),
        ]
        await stream.leave()

    play(scenario)


def test_quiet_streams_beat(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("bell")
        for _ in range(2):
            stream.beaten.clear()
            async with asyncio.timeout(LIMIT_S):
                await stream.beaten.wait()
        world.app.realtime.send("bell", 1)
        assert (await stream.next()).name == "bell"
        await stream.leave()

    play(scenario, heartbeat_s=0.01)


def test_a_client_that_stops_reading_is_let_go(play: Play) -> None:
    async def scenario(world: World) -> None:
        stalled, reading = await world.listen("bell"), await world.listen("bell")
        stalled.hold()
        world.app.realtime.send("bell", 0)
        assert (await reading.next()).data == "0"
        for number in range(1, MAX_QUEUED + 3):
            world.app.realtime.send("bell", number)
            assert (await reading.next()).data == str(number)
        await stalled.ended()
        assert not stalled.is_complete
        assert list(world.app.realtime.clients) == [reading.client_id]
        await reading.leave()

    play(scenario)


def test_streams_end_completely_when_the_server_stops(play: Play) -> None:
    async def scenario(world: World) -> None:
        streams = [await world.listen("posts") for _ in range(3)]
        world.edge.stop()
        for stream in streams:
            await stream.ended()
            assert stream.is_complete

    play(scenario)


def test_streams_end_completely_when_the_application_closes(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("posts")
        await world.app.close()
        await stream.ended()
        assert stream.is_complete

    play(scenario)


def test_clients_that_come_and_go_leave_nothing(play: Play) -> None:
    async def scenario(world: World) -> None:
        tasks = len(asyncio.all_tasks())
        for _ in range(20):
            streams = await asyncio.gather(*(world.listen("posts", "bell") for _ in range(10)))
            await asyncio.gather(*(stream.leave() for stream in streams))
        broker = world.app.realtime.broker
        assert not broker.clients
        assert not broker._by_topic
        assert len(asyncio.all_tasks()) == tasks

    play(scenario)


def test_the_oauth2_redirect_reaches_the_client_that_waits_once(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("@oauth2")

        async def redirect(ip: str) -> str:
            transport = httpx.ASGITransport(world.edge, client=(ip, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                query = {"state": stream.client_id, "code": "c"}
                answer = await client.get("/api/oauth2-redirect", params=query)
                return answer.headers["location"]

        assert (await redirect("127.0.0.1")).endswith("-success")
        event = await stream.next()
        assert (event.name, orjson.loads(event.data)) == (
            "@oauth2",
            {"state": stream.client_id, "code": "c"},
        )
        assert (await redirect("127.0.0.1")).endswith("-failure")
        await world.post(subscription(stream.client_id, "@oauth2"))
        assert (await redirect("10.0.0.9")).endswith("-failure")
        assert (await redirect("127.0.0.1")).endswith("-failure")
        await stream.leave()

    play(scenario)

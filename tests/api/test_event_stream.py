"""The writing of streams: how they begin and end, and what a slow reader costs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from pbpy.api.asgi import create_asgi
from pbpy.auth.tokens import issue_static_auth_token
from pbpy.errors import Forbidden
from pbpy.realtime.client import MAX_QUEUED
from pbpy.realtime.topic import parse_topic
from tests.api.streams import LIMIT_S, OpenStream, subscription
from tests.records.blog import add, add_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.app import App
    from pbpy.hooks.realtime_events import RealtimeConnectRequestEvent, RealtimeMessageEvent
    from tests.api.streams import Play, World

MANY = 100
LONG = "x" * 30_000


class MeasuredStream(OpenStream):
    """Notes how long the pieces are that it gets."""

    sizes: tuple[int, ...] = ()

    async def _send(self, message: Any) -> None:
        self.sizes += (len(message.get("body", b"")),)
        await super()._send(message)

    def go_on(self) -> None:
        """Read again."""
        self._reading.set()


@pytest.mark.parametrize("has_handler", [False, True])
def test_what_waits_for_a_slow_reader_is_copied_in_pieces(
    make_app: Callable[..., App], has_handler: Any
) -> None:
    """Its bytes are shared by all clients; one copy of all for each would fill the memory."""

    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), make_app() as app:
            if has_handler:

                @app.on_realtime_message_send
                async def pass_on(e: Any) -> None:
                    await e.next()

            stream = MeasuredStream(create_asgi(app))
            client_id = await stream.connect()
            client = app.realtime.clients[client_id]
            app.realtime.broker.subscribe(client, [parse_topic("bell")])
            stream.hold()
            for number in range(MANY):
                app.realtime.send("bell", [number, LONG])
            stream.go_on()
            heard = [(await stream.next()).data for _ in range(MANY)]
            assert heard == [f'[{number},"{LONG}"]' for number in range(MANY)]
            assert max(stream.sizes) < 64 * 1024 + 2 * len(LONG)
            assert len(stream.sizes) < MANY
            await stream.leave()

    asyncio.run(main())


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


def test_a_stream_that_is_closed_when_its_write_has_just_begun_to_wait_ends(play: Play) -> None:
    async def scenario(world: World) -> None:
        stream = await world.listen("bell")
        client = world.app.realtime.clients[stream.client_id]
        world.app.realtime.send("bell", 1)
        await stream.next()
        stream.hold()
        world.app.realtime.send("bell", 2)
        world.app.realtime.rounds.add(lambda _: client.close())
        async with asyncio.timeout(LIMIT_S):
            await asyncio.wait([stream.task])

    play(scenario)

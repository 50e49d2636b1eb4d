"""POST /api/realtime, through ASGI; the streams themselves: `test_event_stream.py`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest

from pbpy.api.realtime import MAX_SUBSCRIPTIONS, MAX_TOPIC_BYTES
from tests.api.streams import subscription
from tests.records.blog import add_user

if TYPE_CHECKING:
    from pbpy.hooks.realtime_events import RealtimeSubscribeRequestEvent
    from tests.api.streams import Play, World


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


@pytest.mark.parametrize("count", [1, 100])
def test_one_of_two_users_that_subscribe_a_stream_at_once_gets_it(play: Play, count: int) -> None:
    async def scenario(world: World) -> None:
        users = [await add_user(world.app, f"{name}@example.com") for name in ("ann", "bob")]
        stream = world.open()
        body = subscription(await stream.connect(), *(f"topic{number}" for number in range(count)))
        answers = await asyncio.gather(*(world.post(body, user) for user in users))
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [204, 403]
        auth = world.app.realtime.clients[stream.client_id].auth
        assert auth is not None
        assert auth.id == users[statuses.index(204)].id
        await stream.leave()

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

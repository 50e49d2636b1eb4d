"""Realtime over real worker processes: what is done through one is heard on all."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.bus.members import has_redis, redis_server
from tests.raw_streams import Stream, open_doors, streams_of_all
from tests.realtime_world import POSTS, USERS, add_hooks, make_posts, make_user, play
from tests.servers import start_pbpy, start_pocketbase
from tests.worker_processes import WORKERS, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.raw_streams import Door
    from tests.servers import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start(add_hooks(tmp_path_factory.mktemp("workers"))) as started:
        yield started


# subscriptions through another worker


async def ask_for_subscriptions(server: Server, *, through_other: bool) -> list[tuple[int, Any]]:
    """Return the answers to requests that a stream's own worker, or another one, gets."""
    async with open_doors(server) as doors, open_doors(server, "127.0.0.2") as strangers:
        ann, bob = [(await make_user(doors[0], name))[1] for name in ("ann", "bob")]
        stream = await Stream.open(server)

        def choose(among: list[Door]) -> Door:
            is_own = [(door.worker == stream.worker) is not through_other for door in among]
            return among[is_own.index(True)] if True in is_own else among[0]

        door, stranger = choose(doors), choose(strangers)
        answers = []

        async def ask(by: Door, body: dict[str, Any], token: str = "") -> None:
            answer = await by.do("POST", "/api/realtime", body, token)
            answers.append((answer.status_code, answer.json() if answer.content else None))

        own = {"clientId": stream.client_id, "subscriptions": ["posts/*"]}
        await ask(door, {**own, "clientId": stream.client_id[:-1] + "?"})
        await ask(door, {**own, "clientId": stream.client_id[:4]})
        await ask(stranger, own)
        await ask(stranger, own, ann)
        await ask(door, own)
        await ask(door, own, "no-token")
        for token in (ann, ann, bob, "", "no-token", server.superuser_token):
            await ask(door, own, token)
        await ask(stranger, own, ann)
        for form in (
            {"clientId": "", "subscriptions": ["a"]},
            {"clientId": stream.client_id, "subscriptions": "a"},
            {"clientId": stream.client_id, "subscriptions": ["a"] * 1001},
            {"clientId": stream.client_id, "subscriptions": ["a", "b" * 2501]},
            {"clientId": stream.client_id, "subscriptions": None},
            {"clientid": stream.client_id, "subscriptions": ["a", None, ""]},
        ):
            await ask(door, form, ann)
        stream.close()
        return answers


def test_another_worker_answers_as_the_own_one_and_as_pocketbase(
    server: Server, tmp_path: Path
) -> None:
    async def scenario() -> None:
        own = await ask_for_subscriptions(server, through_other=False)
        other = await ask_for_subscriptions(server, through_other=True)
        statuses = [404, 404, 400, 400, 204, 204, 204, 204, 403, 403, 403, 403, 400]
        assert [status for status, _ in own] == [*statuses, 400, 400, 400, 400, 204, 204]
        assert other == own
        with start_pocketbase(tmp_path) as real:
            assert await ask_for_subscriptions(real, through_other=False) == own

    play(scenario)


def test_hooks_see_the_same_through_another_worker(server: Server) -> None:
    async def scenario() -> None:
        async with open_doors(server) as doors:
            user_id, token = await make_user(doors[0], "ann")
            stream = await Stream.open(server)
            own = next(door for door in doors if door.worker == stream.worker)
            body = {"clientId": stream.client_id, "subscriptions": ["a", "b"], "more": {"a": 1}}
            headers = httpx.Headers({"Authorization": token, "X-Note": "caf\u00e9"}, "latin-1")
            await own.get("/subscribed")
            deep = b'{"clientId":"%s","x":%s1%s}'
            deep %= (stream.client_id.encode(), b"[" * 500, b"]" * 500)
            seen: dict[Any, list[Any]] = {}
            for door in doors:
                path = "/api/realtime?x=%C3%A9"
                is_json = httpx.Headers({**headers, "Content-Type": "application/json"}, "latin-1")
                for answer in (
                    await door.client.post(path, json=body, headers=headers),
                    await door.client.post(path, content=deep, headers=is_json),
                    await door.client.post(path, data=body | {"more": "é"}, headers=headers),
                ):
                    assert answer.status_code == 204
                seen[door] = await own.get("/subscribed")
            assert seen[own][0]["auth"] == user_id
            assert seen[own][0]["body"] == repr(body)
            assert seen[doors[0]] == seen[doors[1]]
            parts = {"clientId": (None, stream.client_id), "subscriptions": (None, "c")}
            for door in doors:
                answer = await door.client.post("/api/realtime", files=parts, headers=headers)
                assert answer.status_code == 204
                [noted] = await own.get("/subscribed")
                assert noted["subscriptions"] == ["c"]
            stream.close()

    play(scenario)


# every write on every worker


async def write_everything(doors: list[Door]) -> list[tuple[str, Any]]:
    """Write through all workers in turn; return what is to be heard, in its order."""
    heard = []
    records = []
    for number, door in enumerate(doors * 2):
        made = await door.save("POST", POSTS, {"n": number})
        records.append(made["id"])
        heard.append(("create", number))
    for number, record in enumerate(records):
        door = doors[(number + 1) % len(doors)]
        await door.save("PATCH", f"{POSTS}/{record}", {"n+": 100})
        heard.append(("update", number + 100))
    for door in doors:
        requests = [
            {"method": "POST", "url": POSTS, "body": {"n": 7, "id": f"batch{door.pid:010d}"}},
            {"method": "PATCH", "url": f"{POSTS}/batch{door.pid:010d}", "body": {"n+": 1}},
            {"method": "DELETE", "url": f"{POSTS}/{records.pop(0)}"},
        ]
        failing = [*requests, {"method": "POST", "url": "/api/collections/no/records"}]
        assert (await door.do("POST", "/api/batch", {"requests": failing})).status_code == 400
        await door.save("POST", "/api/batch", {"requests": requests})
        heard += [("create", 7), ("update", 8), ("delete", 100 + doors.index(door))]
    return heard


def test_every_write_is_heard_on_every_worker_in_one_order(tmp_path: Path) -> None:
    async def scenario(server: Server) -> None:
        async with open_doors(server) as doors, streams_of_all(server) as groups:
            await make_posts(doors[0])
            await doors[1].save("PATCH", "/api/settings", {"batch": {"enabled": True}})
            streams = [stream for group in groups for stream in group]
            for stream in streams:
                await stream.subscribe(doors[0], "posts/*")
            expected = await write_everything(doors)
            for stream in streams:
                await stream.hears(len(expected))
                assert stream.actions() == expected

    with start(add_hooks(tmp_path), workers=3) as server:
        play(lambda: scenario(server))


def test_messages_of_app_code_reach_the_clients_of_all_workers(server: Server) -> None:
    async def scenario() -> None:
        async with open_doors(server) as doors, streams_of_all(server) as groups:
            streams = [stream for group in groups for stream in group]
            for stream in streams:
                await stream.subscribe(doors[0], "bell")
            for number in range(10):
                await doors[number % WORKERS].save("POST", f"/bell/{number}")
            for stream in streams:
                assert len(await stream.hears(10)) == 10
                by_worker = [
                    [item["n"] for item in stream.data if item["worker"] == door.worker]
                    for door in doors
                ]
                assert by_worker == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]

    play(scenario)


# auth that ends


async def change_password(door: Door, user_id: str) -> None:
    body = {"password": "another-one", "passwordConfirm": "another-one"}
    await door.save("PATCH", f"{USERS}/records/{user_id}", body)


async def change_email(door: Door, user_id: str) -> None:
    await door.save("PATCH", f"{USERS}/records/{user_id}", {"email": "new@example.com"})


async def delete_user(door: Door, user_id: str) -> None:
    await door.save("DELETE", f"{USERS}/records/{user_id}")


async def change_secret(door: Door, _: str) -> None:
    secret = os.urandom(25).hex()
    await door.save("PATCH", USERS, {"authToken": {"secret": secret, "duration": 1000}})


@pytest.mark.parametrize("end", [change_password, change_email, delete_user, change_secret])
def test_sec_07_auth_that_ends_on_one_worker_ends_on_all(server: Server, end: Any) -> None:
    async def scenario() -> None:
        async with open_doors(server) as doors, streams_of_all(server, each=2) as groups:
            await make_posts(doors[0], '@request.auth.id != ""')
            user_id, token = await make_user(doors[0], "ann")
            for ended, control in groups:
                await ended.subscribe(doors[0], "posts/*", "bell", token=token)
                await control.subscribe(doors[1], "posts/*", "bell", token=server.superuser_token)
            await doors[0].save("POST", POSTS, {"n": 0})
            await end(doors[0], user_id)
            for number, door in enumerate(doors, 1):
                await door.save("POST", POSTS, {"n": number})
            for _, control in groups:
                assert len(await control.hears(3)) == 3
            await doors[0].save("POST", "/bell/1")
            for ended, _ in groups:
                assert len(await ended.hears(2)) == 2
                assert [event.name for event in ended.events] == ["posts/*", "bell"]
                assert not ended.ended.is_set()
                body = {"clientId": ended.client_id, "subscriptions": []}
                for door in doors:  # it is a guest's by now
                    answer = await door.do("POST", "/api/realtime", body, "")
                    assert answer.status_code == 204

    play(scenario)


# several servers


@pytest.mark.skipif(not has_redis(), reason="redis-server is not installed")
def test_servers_that_share_a_redis_hear_each_other(tmp_path: Path) -> None:
    add_hooks(tmp_path)

    async def scenario(servers: list[Server]) -> None:
        async with contextlib.AsyncExitStack() as stack:
            doors = [(await stack.enter_async_context(open_doors(server)))[0] for server in servers]
            await make_posts(doors[0])
            streams = [await Stream.open(server) for server in servers]
            assert [stream.worker for stream in streams] == [door.worker for door in doors]
            for stream, door in zip(streams, reversed(doors), strict=True):
                await stream.subscribe(door, "posts/*", "bell")
            expected = []
            for number, door in enumerate(doors):
                made = await door.save("POST", POSTS, {"n": number})
                other = doors[1 - number]
                await other.save("PATCH", f"{POSTS}/{made['id']}", {"n+": 10})
                await door.save("DELETE", f"{POSTS}/{made['id']}")
                expected += [("create", number), ("update", number + 10), ("delete", number + 10)]
            for stream in streams:
                await stream.hears(len(expected))
                assert stream.actions() == expected
                stream.forget()
            await doors[1].save("POST", "/bell/3")
            for stream in streams:
                assert await stream.hears(1) == [{"worker": doors[1].worker, "n": 3}]
            unknown = {"clientId": streams[0].client_id[:-1] + "?", "subscriptions": ["a"]}
            for door in doors:
                answer = await door.do("POST", "/api/realtime", unknown, "")
                assert answer.status_code == 404
            for stream in streams:
                stream.close()

    with redis_server(tmp_path) as url, contextlib.ExitStack() as stack:
        play(
            lambda: scenario(
                [
                    stack.enter_context(start_pbpy(tmp_path, "--workers", "1", "--redisUrl", url))
                    for _ in range(2)
                ]
            )
        )

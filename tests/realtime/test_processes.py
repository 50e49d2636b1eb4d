"""Several processes of one application: what is done in one is heard in all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson
import pytest

from pbpy.bus.bus import MISSED, Message
from pbpy.fields.text import Text
from pbpy.store.sql import Sql
from tests.realtime.listening import actions, drain, listen
from tests.realtime.processes import LIMIT_S, processes, settle
from tests.records.blog import add, add_user

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.app import App
    from pbpy.records.record import Record

    Scenario: TypeAlias = Callable[[App, App], Awaitable[None]]
    PlayTwo: TypeAlias = Callable[[Scenario], None]


@pytest.fixture(params=["outbox", "redis"])
def play_two(request: pytest.FixtureRequest, tmp_path: Path) -> PlayTwo:
    """Return a function that runs a scenario with two processes."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""

    def run(scenario: Scenario) -> None:
        async def main() -> None:
            async with asyncio.timeout(LIMIT_S), processes(tmp_path, url) as (one, other):
                await scenario(one, other)

        asyncio.run(main())

    return run


async def change(app: App, record: Record, **values: Any) -> None:
    """Save other values of a record, as it is stored."""
    stored = await app.find_record(record.collection.name, record.id)
    assert stored is not None
    stored.load(values)
    await app.save(stored)


async def remove(app: App, record: Record) -> None:
    """Delete a record that another process may have made."""
    stored = await app.find_record(record.collection.name, record.id)
    assert stored is not None
    await app.delete(stored)


def test_changes_are_heard_in_all_with_their_values(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        clients = [listen(one, "posts/*"), listen(other, "posts/*")]
        post = await add(one, "posts", title="one", secret="x", js={"a": [1]}, n=1.5)
        await change(other, post, title="two")
        await remove(one, post)
        await settle(one, other)
        heard = [drain(client) for client in clients]
        assert [(item.action, item.record["title"]) for item in heard[0]] == [
            ("create", "one"),
            ("update", "two"),
            ("delete", "two"),
        ]
        assert heard[0] == heard[1]
        assert heard[1][0].record["js"] == {"a": [1]}
        assert all("secret" not in item.record for item in heard[1])

    play_two(scenario)


def test_a_record_that_is_gone_at_once_is_heard_of_everywhere(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        posts = one.catalog.get("posts")
        await one.save(posts.replace(list_rule='title = "open"'))
        client = listen(other, "posts/*")
        expected = []
        for _ in range(5):
            post = await add(one, "posts", title="open")
            await change(one, post, title="")
            await remove(one, post)
            expected.append(("create", post.id))
        await settle(one, other)
        assert actions(client) == expected

    play_two(scenario)


def test_a_rollback_is_never_heard_and_leaves_nothing(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        client = listen(other, "posts/*", "users/*")
        post = await add(one, "posts", title="kept")
        ann = await add_user(one, "ann@example.com")
        await settle(one, other)
        drain(client)
        with pytest.raises(LookupError):
            async with one.transaction() as tx:
                await add(tx, "posts", title="lost")
                await change(tx, post, title="lost too")
                await remove(tx, post)
                raise LookupError

        @one.on_record_delete.on("users")
        async def refuse(_: Any) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            await remove(one, ann)
        await settle(one, other)
        assert drain(client) == []
        assert not other.realtime._record_events._deletions._kept

    play_two(scenario)


def test_sec_37_cascades_are_judged_in_all_while_the_parent_exists(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        comments = one.catalog.get("comments")
        await one.save(comments.replace(list_rule='post.title = "open"'))
        posts = [await add(one, "posts", title=title) for title in ("open", "closed")]
        made = [await add(one, "comments", text="x", post=post.id) for post in posts]
        clients = [listen(app, "comments/*") for app in (one, other)]
        for post in posts:
            await remove(one, post)
        await settle(one, other)
        assert [actions(client) for client in clients] == [[("delete", made[0].id)]] * 2

    play_two(scenario)


async def change_password(app: App, user: Record) -> None:
    stored = await app.find_record("users", user.id)
    assert stored is not None
    stored.set_password("another-password")
    await app.save(stored)


async def change_secret(app: App, _: Record) -> None:
    users = app.catalog.get("users")
    await app.save(users.with_options({"authToken": {"secret": "s" * 50}}))


@pytest.mark.parametrize("end", [change_password, change_secret, remove])
def test_sec_07_an_auth_that_is_ended_in_one_is_ended_in_all(play_two: PlayTwo, end: Any) -> None:
    async def scenario(one: App, other: App) -> None:
        posts = one.catalog.get("posts")
        await one.save(posts.replace(list_rule='@request.auth.id != ""'))
        ann = await add_user(one, "ann@example.com")
        client = listen(other, "posts/*", auth=ann)
        await add(one, "posts", title="before")
        await settle(one, other)
        assert [item.record["title"] for item in drain(client)] == ["before"]
        await end(one, ann)
        await add(one, "posts", title="after")
        await settle(one, other)
        assert drain(client) == []
        assert client.auth is None
        assert not client.is_closed

    play_two(scenario)


def test_rules_see_what_another_process_made_of_the_auth_record(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        posts = one.catalog.get("posts")
        await one.save(posts.replace(list_rule="@request.auth.name = title"))
        ann = await add_user(one, "ann@example.com", name="x")
        client = listen(other, "posts/*", auth=ann)
        for name, hears in (("y", 0), ("x", 1)):
            await change(one, ann, name=name)
            post = await add(one, "posts", title="x")
            await settle(one, other)
            assert len(drain(client)) == hears
            await remove(one, post)
            await settle(one, other)
            assert len(drain(client)) == hears

    play_two(scenario)


def test_sec_09_the_deletion_of_the_auth_record_itself_is_heard(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        users = one.catalog.get("users")
        await one.save(users.replace(list_rule="id = @request.auth.id"))
        ann = await add_user(one, "ann@example.com")
        client = listen(other, "users/*", auth=ann)
        await remove(one, ann)
        await settle(one, other)
        assert actions(client) == [("delete", ann.id)]
        assert client.auth is None

    play_two(scenario)


def test_no_secret_is_told_to_others(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        told: list[bytes] = []

        async def note(message: Message) -> None:
            told.append(message.data)

        other.bus.subscribe("realtime.saved", note)
        root = await add_user(one, "root@example.com", "_superusers")
        client = listen(other, "users/*", auth=root)
        ann = await add_user(one, "ann@example.com", name="ann")
        await settle(one, other)
        assert [item.record["name"] for item in drain(client)] == ["ann"]
        stored = await one.find_record("users", ann.id)
        assert stored is not None
        for secret in ("password", "tokenKey"):
            column = Sql(f"SELECT {secret} FROM users WHERE id = ?", (ann.id,))
            value = str(await one.db.value(column)).encode()
            assert value
            assert told
            assert not any(value in data for data in told)

    play_two(scenario)


def test_messages_of_app_code_reach_every_process(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        clients = [listen(app, "bell/1") for app in (one, other)]
        for number in range(3):
            one.realtime.send("bell/1", {"n": number})
        other.realtime.send("silence", 1)
        await settle(one, other)
        for client in clients:
            heard = [(message.name, orjson.loads(message.data)) for message in client.queue]
            assert heard == [("bell/1", {"n": number}) for number in range(3)]

    play_two(scenario)


def test_who_has_missed_something_starts_anew(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        clients = [listen(app, "posts/*") for app in (one, other)]
        one.bus.publish(Message(MISSED))
        await settle(one, other)
        assert all(client.is_closed for client in clients)
        assert not one.realtime.clients

    play_two(scenario)


def test_a_field_that_came_meanwhile_is_empty(play_two: PlayTwo) -> None:
    async def scenario(one: App, other: App) -> None:
        client = listen(other, "posts/*")
        posts = one.catalog.get("posts")
        async with one.transaction() as tx:
            await add(tx, "posts", title="a")
            await tx.save(posts.replace(fields=(*posts.fields, Text("more"))))
        await settle(one, other)
        assert [item.record["more"] for item in drain(client)] == [""]

    play_two(scenario)


def outbox_rows(app: App) -> Awaitable[Any]:
    return app.db.value(Sql("SELECT count(*) FROM _pbpy_events"))


def test_nothing_is_told_when_nobody_listens(tmp_path: Path) -> None:
    async def main() -> None:
        async with processes(tmp_path) as (one, other):
            await settle(one, other)
            before = await outbox_rows(one)
            client = listen(other, "tags/*")
            post = await add(one, "posts", title="a")
            await change(one, post, title="b")
            await remove(one, post)
            assert await outbox_rows(one) == before
            other.realtime.broker.unregister(client)
            await add_user(one, "ann@example.com")
            await add(one, "tags", name="a")
            assert await outbox_rows(one) == before
            listen(other, "tags/*")
            await add(one, "tags", name="b")
            assert await outbox_rows(one) == before + 1

    asyncio.run(main())

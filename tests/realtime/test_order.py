"""In which order changes are heard, and how those are judged that others have overtaken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.realtime.change import change_of
from pbpy.realtime.fanout import find_deliveries
from tests.realtime.listening import actions, drain, listen, set_rules, with_options
from tests.records.blog import add

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.hooks.events import RecordEnrichEvent, RecordEvent
    from pbpy.realtime.change import Change
    from pbpy.records.record import Record
    from tests.records.conftest import Play


class Gate:
    """Holds up what follows the first commit of a record, as a slow disk would."""

    def __init__(self, app: App) -> None:
        self.opened = asyncio.Event()
        self.reached = asyncio.Event()
        self._is_first = True
        app.on_record_update_execute.bind(self._hold, id="gate", tags=("posts",))

    async def _hold(self, event: RecordEvent) -> None:
        if self._is_first:
            self._is_first = False
            event.app.tx.after_commit(self._wait)
        await event.next()

    async def _wait(self) -> None:
        self.reached.set()
        await self.opened.wait()


async def update(app: App, post: Record, values: dict[str, Any]) -> None:
    """Save other values of a record."""
    record = await app.find_record("posts", post.id)
    assert record is not None
    record.load(values)
    await app.save(record)


def test_messages_of_one_record_keep_the_order_of_commits(play: Play) -> None:
    async def scenario(app: App) -> None:
        post = await add(app, "posts", title="zero")
        client = listen(app, "posts/*")
        gate = Gate(app)
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(update(app, post, {"title": "one"}))
            await gate.reached.wait()
            await update(app, post, {"title": "two"})
            gate.opened.set()
        assert [item.record["title"] for item in drain(client)] == ["one", "two"]

    play(scenario)


async def send(app: App, change: Change) -> None:
    """Send a change as if it were heard just now."""
    for delivery in await find_deliveries(app, app.realtime.broker, change):
        await delivery.send()


@pytest.mark.parametrize(
    ("first", "then", "heard"),
    [
        ({"title": "public", "n": 1}, {"n": 2}, [1.0, 2.0]),
        ({"title": "secret", "n": 1}, {"title": "public", "n": 2}, [2.0]),
        ({"title": "public", "n": 1}, {"title": "secret", "n": 2}, [1.0]),
    ],
)
@pytest.mark.parametrize("by_filter", [False, True])
def test_an_overtaken_change_is_judged_as_it_was_saved(
    play: Play, first: dict[str, Any], then: dict[str, Any], heard: list[float], by_filter: bool
) -> None:
    async def scenario(app: App) -> None:
        condition = 'title = "public"'
        await set_rules(app, "posts", "" if by_filter else condition)
        post = await add(app, "posts", title="public")
        changes = []
        for values in (first, then):
            await update(app, post, values)
            saved = await app.find_record("posts", post.id)
            assert saved is not None
            changes.append(change_of(saved, "update"))
        topic = with_options("posts/*", filter=condition) if by_filter else "posts/*"
        client = listen(app, topic)
        for change in changes:
            await send(app, change)
        assert [item.record["n"] for item in drain(client)] == heard

    play(scenario)


def test_a_record_deleted_meanwhile_is_heard_of_as_it_was(play: Play) -> None:
    async def scenario(app: App) -> None:
        await set_rules(app, "posts", 'title = "a"')
        changes = []
        for title in ("a", "b"):
            post = await add(app, "posts", title=title)
            changes.append(change_of(post, "create"))
            await app.delete(post)
        client = listen(app, "posts/*")
        for change in changes:
            await send(app, change)
        assert actions(client) == [("create", changes[0].record_id)]

    play(scenario)


def test_changes_of_several_records_keep_the_order_of_commits(play: Play) -> None:
    async def scenario(app: App) -> None:
        is_overtaken = asyncio.Event()

        @app.on_record_enrich
        async def wait(e: RecordEnrichEvent) -> None:
            if e.record.collection.name == "tags":
                is_overtaken.set()
            else:
                await is_overtaken.wait()
            await e.next()

        clients = [listen(app, "posts/*", "tags/*"), listen(app, "tags", "posts")]
        async with app.transaction() as tx:
            slow, quick = await add(tx, "posts", title="slow"), await add(tx, "tags")
            slow.set("n", 1)
            await tx.save(slow)
            quick.set("n", 1)
            await tx.save(quick)
        await app.background.wait()
        for client in clients:
            assert actions(client) == [
                ("create", slow.id),
                ("create", quick.id),
                ("update", slow.id),
                ("update", quick.id),
            ]

    play(scenario)


def test_a_change_that_takes_long_to_judge_holds_up_its_own_record_only(play: Play) -> None:
    async def scenario(app: App) -> None:
        go_on = asyncio.Event()

        @app.on_record_enrich.on("posts")
        async def wait(e: RecordEnrichEvent) -> None:
            if e.record.get("title") == "slow":
                await go_on.wait()
            await e.next()

        client = listen(app, "posts/*")
        post = await add(app, "posts", title="quick")
        drain(client)
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(update(app, post, {"title": "slow"}))
            group.create_task(update(app, post, {"title": "again"}))
            other = await add(app, "posts", title="other")
            assert actions(client) == [("create", other.id)]
            go_on.set()
        await app.background.wait()
        assert [item.record["title"] for item in drain(client)] == ["slow", "again"]

    play(scenario)

"""What processes do when another one is busy, Redis is away, or their folder is gone."""

from __future__ import annotations

import asyncio
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from pbpy.realtime.echoes import QUEUED_LIMIT_S, WRITTEN_LIMIT_S
from pbpy.store.sql import Sql
from tests.bus.members import has_redis, redis_server
from tests.realtime.listening import actions, drain, listen
from tests.realtime.processes import LIMIT_S, processes, settle
from tests.records.blog import add

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App
    from pbpy.hooks.events import RecordEnrichEvent
    from pbpy.realtime.client import Client

REFUSE = Sql(
    "CREATE TRIGGER refuse BEFORE INSERT ON _pbpy_events BEGIN SELECT RAISE(ABORT, 'no'); END"
)
ALLOW = Sql("DROP TRIGGER refuse")


async def remove(app: App, record_id: str) -> None:
    stored = await app.find_record("posts", record_id)
    assert stored is not None
    await app.delete(stored)


async def is_closed(client: Client) -> None:
    """Wait until the stream of a client has ended."""
    ended = asyncio.Event()
    client.wake = ended.set
    if not client.is_closed:
        await ended.wait()
    assert client.is_closed


def block_enrichment(app: App) -> asyncio.Event:
    """Have nobody of a process see a record before the event is set."""
    gate = asyncio.Event()

    @app.on_record_enrich
    async def wait(e: RecordEnrichEvent) -> None:
        await gate.wait()
        await e.next()

    return gate


def test_a_deletion_that_a_busy_process_could_not_judge_ends_its_streams(tmp_path: Path) -> None:
    """Its clients would keep the record for good; now they load anew."""

    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            post = await add(one, "posts", title="a")
            clients = [listen(app, "posts/*") for app in (one, other)]
            elsewhere = listen(other, "tags/*")
            gate = block_enrichment(other)
            await remove(one, post.id)
            await is_closed(clients[1])
            gate.set()
            await settle(one, other)
            assert actions(clients[0]) == [("delete", post.id)]
            assert not elsewhere.is_closed
            assert not clients[0].is_closed
            another = await add(one, "posts", title="b")
            again = listen(other, "posts/*")
            one.bus._silent._until.clear()  # type: ignore[attr-defined]  # an outbox
            await remove(one, another.id)
            await settle(one, other)
            assert actions(again) == [("delete", another.id)]

    asyncio.run(main())


def test_a_deletion_that_nobody_may_hear_of_ends_no_stream(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            posts = one.catalog.get("posts")
            await one.save(posts.replace(list_rule='title = "open"'))
            post = await add(one, "posts", title="closed")
            client = listen(other, "posts/*")
            await remove(one, post.id)
            await settle(one, other)
            assert drain(client) == []
            assert not client.is_closed
            assert not other.realtime._record_events._deletions._kept

    asyncio.run(main())


def test_a_transaction_of_many_changes_is_held_up_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            client = listen(one, "tags/*")
            gate = block_enrichment(one)
            started = time.monotonic()
            async with one.transaction() as tx:
                for _ in range(4):
                    await add(tx, "tags")
            assert time.monotonic() - started < 2 * QUEUED_LIMIT_S
            gate.set()
            await settle(one, other)
            assert len(drain(client)) == 4

    asyncio.run(main())


def test_a_transaction_of_many_changes_waits_for_a_busy_process_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            clients = [listen(app, "tags/*") for app in (one, other)]
            gate = block_enrichment(other)
            started = time.monotonic()
            async with one.transaction() as tx:
                for _ in range(100):
                    await add(tx, "tags")
            assert time.monotonic() - started < 50 * WRITTEN_LIMIT_S
            gate.set()
            await settle(one, other)
            assert [len(drain(client)) for client in clients] == [100, 100]

    asyncio.run(main())


def test_messages_of_app_code_do_not_overtake_each_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            client, far = listen(one, "bell"), listen(other, "bell")
            one.realtime.send("bell", 1)
            other.realtime.broker.unregister(far)
            one.realtime.send("bell", 2)
            await settle(one, other)
            one.realtime.send("bell", 3)
            assert [message.data for message in client.queue] == [b"1", b"2", b"3"]

    asyncio.run(main())


def test_a_lost_message_of_app_code_does_not_hold_up_later_ones_for_good(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            near, far = listen(one, "bell"), listen(other, "bell")
            async with one.transaction() as tx:
                await tx.tx.execute(REFUSE)
            one.realtime.send("bell", 1)
            await one.bus.sync()
            async with one.transaction() as tx:
                await tx.tx.execute(ALLOW)
            one.realtime.send("bell", 2)
            await settle(one, other)
            other.realtime.broker.unregister(far)
            one.realtime.send("bell", 3)
            assert [message.data for message in near.queue] == [b"2", b"3"]

    asyncio.run(main())


def test_changes_go_their_way_without_the_folder_of_the_sockets(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), processes(tmp_path) as (one, other):
            clients = [listen(app, "posts/*") for app in (one, other)]
            folder = one.place.folder
            assert folder is not None
            shutil.rmtree(folder)
            heard = asyncio.Event()
            clients[1].wake = heard.set
            post = await add(one, "posts", title="a")
            await heard.wait()
            assert actions(clients[1]) == [("create", post.id)]
            await remove(one, post.id)
            await is_closed(clients[1])  # it could not be asked
            assert actions(clients[0]) == [("create", post.id), ("delete", post.id)]
            folder.mkdir()

    asyncio.run(main())


@pytest.mark.skipif(not has_redis(), reason="redis-server is not installed")
def test_a_process_goes_on_alone_without_redis(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S):
            with redis_server(tmp_path) as url:
                both = processes(tmp_path, url)
                one, _ = await both.__aenter__()
                client = listen(one, "posts/*", "bell")
                post = await add(one, "posts", title="a")
                assert actions(client) == [("create", post.id)]
            started = time.monotonic()
            for title in "bcd":
                post = await add(one, "posts", title=title)
                assert actions(client) == [("create", post.id)]
            await remove(one, post.id)
            assert actions(client) == [("delete", post.id)]
            one.realtime.send("bell", 1)
            await one.bus.sync()
            assert [message.data for message in client.queue] == [b"1"]
            assert time.monotonic() - started < QUEUED_LIMIT_S
            await both.__aexit__(None, None, None)

    asyncio.run(main())

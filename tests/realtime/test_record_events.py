"""Which changes are heard, when, and in which order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pbpy.realtime.audience import TURN
from pbpy.realtime.topic import parse_topic
from pbpy.schema.collection import Collection
from tests.realtime.listening import actions, drain, listen, set_rules, with_options
from tests.records.blog import add, add_user

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.hooks.events import RecordEnrichEvent, RecordEvent
    from tests.records.conftest import Play


def test_create_update_and_delete_are_heard_with_their_values(play: Play) -> None:
    async def scenario(app: App) -> None:
        client = listen(app, "posts/*")
        post = await add(app, "posts", title="one", secret="x")
        post.set("title", "two")
        await app.save(post)
        await app.delete(post)
        heard = drain(client)
        assert [(item.topic, item.action, item.record["title"]) for item in heard] == [
            ("posts/*", "create", "one"),
            ("posts/*", "update", "two"),
            ("posts/*", "delete", "two"),
        ]
        assert all("secret" not in item.record for item in heard)

    play(scenario)


def test_one_record_is_heard_by_name_and_by_collection_id(play: Play) -> None:
    async def scenario(app: App) -> None:
        post, other = await add(app, "posts"), await add(app, "posts")
        by_id = f"{post.collection.id}/{post.id}"
        client = listen(app, f"posts/{post.id}", by_id, "posts/nothing")
        for record in (other, post):
            record.set("n", 1)
            await app.save(record)
        assert sorted(item.topic for item in drain(client)) == sorted([f"posts/{post.id}", by_id])

    play(scenario)


def test_a_rollback_is_never_heard(play: Play) -> None:
    async def scenario(app: App) -> None:
        client = listen(app, "posts/*")
        post = await add(app, "posts", title="kept")
        actions(client)

        async def fail() -> None:
            async with app.transaction() as tx:
                await add(tx, "posts", title="lost")
                stored = await tx.find_record("posts", post.id)
                assert stored is not None
                stored.set("title", "lost too")
                await tx.save(stored)
                await tx.delete(stored)
                assert not client.queue
                raise LookupError

        with pytest.raises(LookupError):
            await fail()
        assert actions(client) == []
        post.set("title", "again")
        await app.save(post)
        assert actions(client) == [("update", post.id)]

    play(scenario)


def test_an_undone_savepoint_is_not_heard_and_the_rest_is(play: Play) -> None:
    async def scenario(app: App) -> None:
        client = listen(app, "posts/*")
        async with app.transaction() as tx:
            first = await add(tx, "posts", title="a")
            with pytest.raises(LookupError):
                async with tx.transaction() as inner:
                    first.set("title", "b")
                    await inner.save(first)
                    raise LookupError
            second = await add(tx, "posts", title="c")
            assert not client.queue
        assert actions(client) == [("create", first.id), ("create", second.id)]

    play(scenario)


def test_sec_37_cascaded_deletes_are_judged_while_the_parent_exists(play: Play) -> None:
    async def scenario(app: App) -> None:
        await set_rules(app, "comments", 'post.title = "open"')
        posts = [await add(app, "posts", title=title) for title in ("open", "closed")]
        comments = [await add(app, "comments", text="x", post=post.id) for post in posts]
        client = listen(app, "comments/*", f"comments/{comments[1].id}")
        for post in posts:
            await app.delete(post)
        assert actions(client) == [("delete", comments[0].id)]

    play(scenario)


def test_changes_by_hooks_are_heard(play: Play) -> None:
    async def scenario(app: App) -> None:
        @app.on_record_create.on("posts")
        async def comment(e: RecordEvent) -> None:
            await e.next()
            await add(e.app, "comments", post=e.record.id)

        client = listen(app, "comments/*")
        await add(app, "posts")
        assert [item.action for item in drain(client)] == ["create"]

    play(scenario)


def test_the_write_may_be_given_up_while_its_event_is_judged(play: Play) -> None:
    async def scenario(app: App) -> None:
        judging, go_on = asyncio.Event(), asyncio.Event()

        @app.on_record_enrich.on("posts")
        async def wait(e: RecordEnrichEvent) -> None:
            judging.set()
            await go_on.wait()
            await e.next()

        client = listen(app, "posts/*")
        writing = asyncio.create_task(add(app, "posts", title="a"))
        await judging.wait()
        writing.cancel()
        await asyncio.wait([writing])
        go_on.set()
        await app.background.wait()
        assert [item.action for item in drain(client)] == ["create"]

    play(scenario)


def test_an_enrich_handler_may_save_the_same_record(play: Play) -> None:
    async def scenario(app: App) -> None:
        @app.on_record_enrich.on("posts")
        async def count(e: RecordEnrichEvent) -> None:
            stored = await e.app.find_record("posts", e.record.id)
            assert stored is not None
            if stored.get("n") < 2:
                stored.set("n+", 1)
                await e.app.save(stored)
            await e.next()

        client = listen(app, "posts/*")
        async with asyncio.timeout(5):
            await add(app, "posts", n=0)
            await app.background.wait()
        assert [item.record["n"] for item in drain(client)] == [0, 1, 2]

    play(scenario)


def test_enrich_handlers_see_who_asks_and_a_failure_is_one_readers_own(play: Play) -> None:
    async def scenario(app: App) -> None:
        ann = await add_user(app, "ann@example.com")

        @app.on_record_enrich.on("posts")
        async def stamp(e: RecordEnrichEvent) -> None:
            if e.info.query.get("fail"):
                raise LookupError
            e.record.shows_custom = True
            e.record.set("reader", e.info.auth.id if e.info.auth else "guest")
            await e.next()

        guest, signed = listen(app, "posts/*"), listen(app, "posts/*", auth=ann)
        failing = listen(app, with_options("posts/*", fail="1"))
        await add(app, "posts")
        assert [item.record["reader"] for item in drain(guest)] == ["guest"]
        assert [item.record["reader"] for item in drain(signed)] == [ann.id]
        assert drain(failing) == []

    play(scenario)


def test_equal_views_share_their_bytes(play: Play) -> None:
    async def scenario(app: App) -> None:
        clients = [listen(app, "posts/*") for _ in range(3)]
        await add(app, "posts", title="a")
        messages = [client.queue.popleft() for client in clients]
        assert messages[0] is messages[1] is messages[2]

    play(scenario)


def test_options_choose_filter_expansion_and_fields(play: Play) -> None:
    async def scenario(app: App) -> None:
        ann = await add_user(app, "ann@example.com")
        topic = with_options(
            "posts/*", filter="n > 1", expand="author", fields="n,expand.author.id"
        )
        client = listen(app, topic)
        for number in range(4):
            await add(app, "posts", n=number, author=ann.id)
        assert [(item.topic, item.record) for item in drain(client)] == [
            (topic, {"n": number, "expand": {"author": {"id": ann.id}}}) for number in (2, 3)
        ]

    play(scenario)


def test_rules_read_the_options_of_the_topic(play: Play) -> None:
    async def scenario(app: App) -> None:
        await set_rules(
            app, "posts", "@request.headers.x_key = title || @request.query.key = title"
        )
        by_header = listen(app, with_options("posts/*", {"X-Key": "a"}))
        by_query = listen(app, with_options("posts/*", key="b"))
        none = listen(app, "posts/*")
        for title in ("a", "b"):
            await add(app, "posts", title=title)
        assert [item.record["title"] for item in drain(by_header)] == ["a"]
        assert [item.record["title"] for item in drain(by_query)] == ["b"]
        assert drain(none) == []

    play(scenario)


def test_a_changed_rule_and_a_new_name_count_for_the_next_event(play: Play) -> None:
    async def scenario(app: App) -> None:
        posts = app.catalog.get("posts")
        client = listen(app, "posts/*", f"{posts.id}/*")
        await app.save(posts.replace(list_rule=None))
        await add(app, "posts")
        assert drain(client) == []
        await app.save(app.catalog.get("posts").replace(list_rule="", name="articles"))
        await add(app, "articles")
        assert [item.topic for item in drain(client)] == [f"{posts.id}/*"]

    play(scenario)


def test_a_rule_that_cannot_be_used_lets_nobody_in(play: Play) -> None:
    async def scenario(app: App) -> None:
        await set_rules(app, "posts", "author.name = 'x'")
        ann = await add_user(app, "ann@example.com", name="x")
        root = await add_user(app, "root@example.com", "_superusers")
        users = app.catalog.get("users")
        without = tuple(field for field in users.fields if field.name != "name")
        client, all_seeing = listen(app, "posts/*"), listen(app, "posts/*", auth=root)
        await add(app, "posts", author=ann.id)
        assert len(drain(client)) == 1
        await app.save(users.replace(fields=without))
        await add(app, "posts", author=ann.id)
        assert drain(client) == []
        assert len(drain(all_seeing)) == 2

    play(scenario)


def test_what_was_on_its_way_is_forgotten(play: Play) -> None:
    async def scenario(app: App) -> None:
        events = app.realtime._record_events
        listen(app, "posts/*")
        for _ in range(2):
            post = await add(app, "posts")
            post.set("n", 1)
            await app.save(post)
            await app.delete(post)
            app.realtime.close()
        with pytest.raises(LookupError):
            async with app.transaction() as tx:
                await add(tx, "posts")
                raise LookupError
        await app.background.wait()
        assert not events._outgoing._of_record
        assert not events._outgoing._count
        assert not events._saved._on_their_way
        assert not events._deleted._on_their_way

    play(scenario)


def test_superuser_collections_are_closed_to_others(play: Play) -> None:
    async def scenario(app: App) -> None:
        await app.save(Collection.new_base("closed"))
        root = await add_user(app, "root@example.com", "_superusers")
        guest, signed = listen(app, "closed/*"), listen(app, "closed/*", auth=root)
        await add(app, "closed")
        assert drain(guest) == []
        assert len(drain(signed)) == 1

    play(scenario)


def test_a_handler_bound_later_is_asked_for_the_next_event(play: Play) -> None:
    async def scenario(app: App) -> None:
        clients = [listen(app, "posts/*") for _ in range(2)]
        await add(app, "posts", title="a")

        @app.on_record_enrich.on("posts")
        async def hide(e: RecordEnrichEvent) -> None:
            e.record.hide("title")
            await e.next()

        await add(app, "posts", title="b")
        app.on_record_enrich.unbind_all()
        await add(app, "posts", title="c")
        for client in clients:
            assert [item.record.get("title") for item in drain(client)] == ["a", None, "c"]

    play(scenario)


def test_who_signs_in_while_a_message_is_made_changes_nothing_about_it(play: Play) -> None:
    async def scenario(app: App) -> None:
        root = await add_user(app, "root@example.com", "_superusers")
        clients = [listen(app, "posts/*") for _ in range(2)]

        @app.on_record_enrich.on("posts")
        async def sign_in(e: RecordEnrichEvent) -> None:
            app.realtime.broker.sign_in(clients[0], root)
            await e.next()

        for shown in (False, True):
            await add(app, "posts", secret="x")
            assert ["secret" in item.record for item in drain(clients[0])] == [shown]
            assert ["secret" in item.record for item in drain(clients[1])] == [False]

    play(scenario)


def test_a_subscription_submitted_again_misses_nothing(play: Play) -> None:
    async def scenario(app: App) -> None:
        client = listen(app, "posts/*")

        @app.on_record_enrich.on("posts")
        async def add_topic(e: RecordEnrichEvent) -> None:
            app.realtime.broker.subscribe(client, map(parse_topic, ["tags/*", "posts/*"]))
            await e.next()

        await add(app, "posts")
        assert [item.topic for item in drain(client)] == ["posts/*"]

    play(scenario)


def test_a_crowd_gives_others_a_turn_and_a_cancelled_write_repeats_nothing(play: Play) -> None:
    async def scenario(app: App) -> None:
        clients = [listen(app, "posts/*") for _ in range(3 * TURN)]
        writing = asyncio.create_task(add(app, "posts"))

        def cancel() -> None:
            writing.cancel()

        clients[0].wake = cancel
        await asyncio.wait([writing])
        assert writing.cancelled()
        await app.background.wait()
        assert {len(client.queue) for client in clients} == {1}

    play(scenario)

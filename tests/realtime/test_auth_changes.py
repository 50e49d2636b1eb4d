"""What open streams may see when the record behind them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.realtime.listening import actions, drain, listen
from tests.records.blog import add, add_user

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.app import App
    from pbpy.realtime.client import Client
    from pbpy.records.record import Record
    from tests.records.conftest import Play


async def open_to_users(app: App) -> tuple[Record, Client]:
    """Return a user and a client that hears of posts as that user only."""
    posts = app.catalog.get("posts")
    await app.save(posts.replace(list_rule='@request.auth.id != ""'))
    ann = await add_user(app, "ann@example.com")
    return ann, listen(app, "posts/*", auth=ann)


async def change_password(app: App, user: Record) -> None:
    user.set_password("another-password")
    await app.save(user)


async def change_email(app: App, user: Record) -> None:
    user.set("email", "other@example.com")
    await app.save(user)


async def change_token_key(app: App, user: Record) -> None:
    user.refresh_token_key()
    await app.save(user)


async def change_secret(app: App, user: Record) -> None:
    users = app.catalog.get("users")
    await app.save(users.with_options({"authToken": {"secret": "s" * 50}}))


async def delete_user(app: App, user: Record) -> None:
    await app.delete(user)


async def delete_collection(app: App, user: Record) -> None:
    for name in ("comments", "posts"):
        collection = app.catalog.get(name)
        kept = tuple(field for field in collection.fields if field.name not in ("author", "likes"))
        await app.save(collection.replace(fields=kept))
    await app.delete(app.catalog.get("users"))


@pytest.mark.parametrize(
    "end",
    [
        change_password,
        change_email,
        change_token_key,
        change_secret,
        delete_user,
        delete_collection,
    ],
)
def test_sec_07_the_stream_goes_on_as_a_guests(
    play: Play, end: Callable[[App, Record], Awaitable[None]]
) -> None:
    async def scenario(app: App) -> None:
        ann, client = await open_to_users(app)
        await add(app, "posts")
        assert len(drain(client)) == 1
        await end(app, ann)
        assert client.auth is None
        assert not client.is_closed
        await add(app, "posts")
        assert drain(client) == []

    play(scenario)


def test_a_rollback_keeps_the_auth(play: Play) -> None:
    async def scenario(app: App) -> None:
        ann, client = await open_to_users(app)
        with pytest.raises(LookupError):
            async with app.transaction() as tx:
                stored = await tx.find_record("users", ann.id)
                assert stored is not None
                await change_token_key(tx, stored)
                await tx.delete(stored)
                raise LookupError
        assert client.auth is not None
        await add(app, "posts")
        assert len(drain(client)) == 1

    play(scenario)


def test_rules_see_the_present_values_of_the_auth_record(play: Play) -> None:
    async def scenario(app: App) -> None:
        posts = app.catalog.get("posts")
        rule = "@request.auth.verified = true && @request.auth.name = title"
        await app.save(posts.replace(list_rule=rule))
        ann = await add_user(app, "ann@example.com", name="x")
        client = listen(app, "posts/*", auth=ann)
        for name, verified, hears in (("x", False, 0), ("x", True, 1), ("y", True, 0)):
            stored = await app.find_record("users", ann.id)
            assert stored is not None
            stored.load({"name": name, "verified": verified})
            await app.save(stored)
            await app.delete(await add(app, "posts", title="x"))
            assert len(drain(client)) == 2 * hears

    play(scenario)


def test_sec_09_the_deletion_of_the_auth_record_itself_is_heard(play: Play) -> None:
    async def scenario(app: App) -> None:
        users = app.catalog.get("users")
        await app.save(users.replace(list_rule="id = @request.auth.id"))
        ann, bob = [await add_user(app, f"{name}@example.com") for name in ("ann", "bob")]
        own, other = listen(app, "users/*", auth=ann), listen(app, "users/*", auth=bob)
        await app.delete(ann)
        assert actions(own) == [("delete", ann.id)]
        assert actions(other) == []
        assert own.auth is None
        assert other.auth is not None

    play(scenario)


def test_a_delete_judged_before_a_revocation_is_not_sent_after_it(play: Play) -> None:
    async def scenario(app: App) -> None:
        ann, client = await open_to_users(app)
        post = await add(app, "posts")
        drain(client)
        async with app.transaction() as tx:
            stored = await tx.find_record("users", ann.id)
            assert stored is not None
            await change_token_key(tx, stored)
            await tx.delete(post)
        assert drain(client) == []

    play(scenario)


def test_sec_28_hidden_fields_are_for_superusers_only(play: Play) -> None:
    async def scenario(app: App) -> None:
        ann = await add_user(app, "ann@example.com")
        root = await add_user(app, "root@example.com", "_superusers")
        clients = [listen(app, "posts/*", auth=auth) for auth in (None, ann, root)]
        post = await add(app, "posts", secret="x")
        await app.delete(post)
        shown = [["secret" in item.record for item in drain(client)] for client in clients]
        assert shown == [[False, False], [False, False], [True, True]]

    play(scenario)


def test_sec_36_an_email_is_shown_to_its_owner_and_managers(play: Play) -> None:
    async def scenario(app: App) -> None:
        users = app.catalog.get("users")
        managed = users.with_options({"manageRule": "@request.auth.name = 'boss'"})
        await app.save(managed.replace(list_rule=""))
        ann, bob = [
            await add_user(app, f"{name}@example.com", name=name) for name in ("ann", "bob")
        ]
        boss = await add_user(app, "boss@example.com", name="boss")
        root = await add_user(app, "root@example.com", "_superusers")
        clients = [listen(app, "users/*", auth=auth) for auth in (None, ann, bob, boss, root)]
        ann.set("avatar", [])
        await app.save(ann)
        shown = [["email" in item.record for item in drain(client)] for client in clients]
        assert shown == [[False], [True], [False], [True], [True]]

    play(scenario)

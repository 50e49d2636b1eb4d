"""Saving of collections: rows, tables, catalog, hooks, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import NotFound, SchemaError, ValidationFailed
from pbpy.fields import Number, Text
from pbpy.schema.collection import Collection
from pbpy.schema.merge import merged
from pbpy.schema.save import (
    create_collection,
    save_collection,
    save_collection_no_validate,
    update_collection,
)
from tests.schema.apps import columns, everything, index_names, run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App
    from pbpy.hooks.events import CollectionEvent

POSTS = Collection.new_base("posts", fields=(Text(name="title"), Number(name="views")))


def test_a_new_collection_gets_row_table_and_place_in_the_catalog(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        saved = await save_collection(app, POSTS)
        assert await columns(app, "posts") == ["id", "title", "views"]
        assert app.catalog.find("posts") == saved
        assert saved.created == saved.updated != ""
        await app.reload_catalog()
        assert app.catalog.find(saved.id) == saved

    run(tmp_path, scenario)


def test_an_update_changes_columns_indexes_and_name(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        saved = await save_collection(app, POSTS.with_indexes("create index i on posts (title)"))
        body = {
            "name": "articles",
            "fields": [
                {"type": "text", "name": "headline", "id": saved.by_name["title"].id},
                {"type": "bool", "name": "done"},
            ],
            "indexes": ["create index j on posts (headline)"],
        }
        changed = await update_collection(app, saved, merged(saved, body))
        assert sorted(await columns(app, "articles")) == ["done", "headline", "id"]
        assert await columns(app, "posts") == []
        assert await index_names(app, "articles") == ["j"]
        assert changed.indexes == ("CREATE INDEX `j` ON `articles` (`headline`)",)
        assert app.catalog.find("posts") is None
        assert changed.created == saved.created

    run(tmp_path, scenario)


def test_a_taken_default_id_gets_a_number_also_in_index_names(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        first = await save_collection(app, Collection.new_auth("people"))
        await update_collection(app, first, first.replace(name="others"))
        second = await save_collection(app, Collection.new_auth("people"))
        assert second.id == first.id + "2"
        assert f"`idx_tokenKey_{second.id}`" in second.indexes[0]

    run(tmp_path, scenario)


REFUSED = [
    POSTS.replace(list_rule="nope = 1"),
    POSTS.replace(indexes=("create index i on posts (nope)",)),
    POSTS.replace(indexes=("create index i on posts (id)", "nonsense")),
    POSTS.with_fields(Text(name="a b")),
    Collection.new_base("sqlite_posts"),
    Collection.new_view("v", "select id from nope"),
]


@pytest.mark.parametrize("collection", REFUSED)
def test_a_refused_collection_leaves_no_trace(tmp_path: Path, collection: Collection) -> None:
    async def scenario(app: App) -> None:
        before = await everything(app)
        with pytest.raises((ValidationFailed, SchemaError)):
            await save_collection(app, collection)
        assert await everything(app) == before
        async with app.transaction() as bound:
            for save in (save_collection, save_collection_no_validate):
                with pytest.raises((ValidationFailed, SchemaError)):
                    await save(bound, collection.replace(name=collection.name, type="view"))
        assert await everything(app) == before

    run(tmp_path, scenario)


def test_a_refused_update_leaves_no_trace(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        saved = await save_collection(app, POSTS.with_indexes("create index i on posts (title)"))
        before = await everything(app)
        for body in (
            {"name": "renamed", "indexes": ["create unique index k on posts (nope)"]},
            {"fields": [{"type": "text", "name": "x"}], "indexes": ["create index i on x (title)"]},
            {"name": "users"},
        ):
            with pytest.raises(ValidationFailed):
                await update_collection(app, saved, merged(saved, body))
            assert await everything(app) == before

    run(tmp_path, scenario)


def test_an_outer_rollback_takes_the_catalog_back(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        before = await everything(app)
        with pytest.raises(ZeroDivisionError):
            async with app.transaction() as bound:
                await save_collection(bound, POSTS)
                assert bound.catalog.find("posts") is not None
                assert app.catalog.find("posts") is None
                raise ZeroDivisionError
        assert await everything(app) == before

    run(tmp_path, scenario)


def test_a_changed_id_is_not_found_or_refused(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        saved = await save_collection(app, POSTS)
        with pytest.raises(NotFound):
            await update_collection(app, saved, saved.replace(id="other"))
        with pytest.raises(ValidationFailed) as caught:
            await update_collection(app, saved, saved.replace(id="_pb_users_auth_"))
        assert caught.value.errors["id"].code == "validation_values_mismatch"  # type: ignore[union-attr]
        with pytest.raises(NotFound):
            await save_collection(app, saved.replace(id="gone"))
        with pytest.raises(ValidationFailed):
            await create_collection(app, POSTS)

    run(tmp_path, scenario)


def test_a_changed_auth_rule_ends_all_sessions(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        users = app.catalog.get("users")
        assert users.auth is not None
        secret = users.auth.auth_token.secret

        async def save(auth_rule: str | None) -> str:
            now = app.catalog.get("users")
            assert now.auth is not None
            changed = now.replace(auth=replace(now.auth, auth_rule=auth_rule))
            saved = await save_collection(app, changed)
            assert saved.auth is not None
            return saved.auth.auth_token.secret

        assert await save("") == secret
        # PocketBase: nobody and everybody count as the same here
        assert await save(None) == secret
        second = await save("verified = true")
        assert second != secret
        assert await save("verified = true") == second

    run(tmp_path, scenario)


def test_superusers_keep_their_limits(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        superusers = app.catalog.get("_superusers")
        body = {
            "oauth2": {"enabled": True, "providers": [{"name": "google", "clientId": "a"}]},
            "passwordAuth": {"enabled": False},
            "otp": {"enabled": True},
        }
        saved = await save_collection_no_validate(app, merged(superusers, body))
        assert saved.auth is not None
        assert (saved.auth.oauth2.enabled, saved.auth.oauth2.providers) == (False, ())
        assert saved.auth.password_auth.enabled
        assert saved.auth.mfa.enabled

    run(tmp_path, scenario)


def test_hooks_run_in_order_around_the_write(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        seen: list[tuple[str, bool, bool]] = []

        def watch(name: str) -> None:
            async def handler(event: CollectionEvent) -> None:
                stored = await columns(event.app, "posts")
                seen.append((name, event.app.in_transaction, bool(stored)))
                await event.next()

            getattr(app, name).bind(handler)

        names = ("create", "validate", "create_execute", "after_create_success")
        for name in names:
            watch(f"on_collection_{name}")
            watch(f"on_model_{name}")
        await save_collection(app, POSTS)
        assert seen == [
            ("on_model_create", True, False),
            ("on_collection_create", True, False),
            ("on_model_validate", True, False),
            ("on_collection_validate", True, False),
            ("on_model_create_execute", True, False),
            ("on_collection_create_execute", True, False),
            ("on_model_after_create_success", False, True),
            ("on_collection_after_create_success", False, True),
        ]

    run(tmp_path, scenario)


def test_a_handler_may_replace_the_collection(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        @app.on_collection_create
        async def handler(event: CollectionEvent) -> None:
            event.model = event.collection.replace(list_rule="")
            await event.next()

        assert (await save_collection(app, POSTS)).list_rule == ""
        assert app.catalog.get("posts").list_rule == ""

    run(tmp_path, scenario)


def test_an_exception_in_a_handler_undoes_the_save_and_is_told(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        told: list[BaseException | None] = []

        @app.on_collection_create_execute
        async def fail(event: CollectionEvent) -> None:
            await event.next()
            raise ZeroDivisionError

        @app.on_collection_after_create_error
        def tell(event: CollectionEvent) -> None:
            told.append(event.error)

        before = await everything(app)
        with pytest.raises(ZeroDivisionError):
            await save_collection(app, POSTS)
        assert await everything(app) == before
        assert [type(error) for error in told] == [ZeroDivisionError]

    run(tmp_path, scenario)


def test_a_success_that_an_outer_rollback_undoes_is_told_as_an_error(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        told: list[str] = []
        app.on_collection_after_create_success.bind(lambda _: told.append("success"))
        app.on_collection_after_create_error.bind(lambda _: told.append("error"))
        with pytest.raises(ZeroDivisionError):
            async with app.transaction() as bound:
                await save_collection(bound, POSTS)
                raise ZeroDivisionError
        assert told == ["error"]
        async with app.transaction() as bound:
            await save_collection(bound, POSTS)
            assert told == ["error"]
        assert told == ["error", "success"]

    run(tmp_path, scenario)

"""The order of hooks around a save or a deletion, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import ValidationFailed
from pbpy.files.upload import Upload
from pbpy.records.record import Record
from pbpy.records.save import save_record
from tests.records.blog import add, add_user, get, page, patch, post, remove

if TYPE_CHECKING:
    from pbpy.app import App
    from tests.records.conftest import Play


def watch(app: App) -> list[str]:
    """Return a list that gets the name of each hook of posts, on the way in and on the way out."""
    seen: list[str] = []

    def bind(name: str) -> None:
        async def handler(event: Any) -> None:
            seen.append(name)
            await event.next()
            seen.append(f"/{name}")

        getattr(app, f"on_record_{name}").bind(handler, tags=("posts",))

    for action in ("create", "update", "delete"):
        for name in (
            action,
            f"{action}_execute",
            f"after_{action}_success",
            f"after_{action}_error",
        ):
            bind(name)
        bind(f"{action}_request")
    bind("validate")
    return seen


def test_hooks_of_a_request_nest_as_in_pocketbase(play: Play) -> None:
    async def scenario(app: App) -> None:
        seen = watch(app)

        def expected(action: str, *, validate: bool = True) -> list[str]:
            inner = ["validate", "/validate"] if validate else []
            return [
                f"{action}_request",
                action,
                *inner,
                f"{action}_execute",
                f"/{action}_execute",
                f"after_{action}_success",
                f"/after_{action}_success",
                f"/{action}",
                f"/{action}_request",
            ]

        record_id = (await post(app, "posts", {"title": "x"}))["id"]
        assert sorted(seen) == sorted(expected("create"))
        assert seen[:4] == expected("create")[:4]
        seen.clear()
        await patch(app, "posts", record_id, {"title": "y"})
        assert sorted(seen) == sorted(expected("update"))
        seen.clear()
        await remove(app, "posts", record_id)
        assert sorted(seen) == sorted(expected("delete", validate=False))

    play(scenario)


def test_error_hook_runs_when_the_save_fails(play: Play) -> None:
    async def scenario(app: App) -> None:
        await add(app, "posts", title="taken")
        errors: list[BaseException | None] = []

        @app.on_record_after_create_error.on("posts")
        async def note(event: Any) -> None:
            errors.append(event.error)
            assert event.record.is_new
            await event.next()

        for title in ("taken", "x" * 30):
            with pytest.raises(ValidationFailed):
                await add(app, "posts", title=title)
        assert [type(error) for error in errors] == [ValidationFailed, ValidationFailed]

    play(scenario)


def test_success_hook_runs_after_the_outer_commit_with_the_unbound_app(play: Play) -> None:
    async def scenario(app: App) -> None:
        seen: list[Any] = []

        @app.on_record_after_create_success.on("posts")
        async def note(event: Any) -> None:
            seen.append((event.app is app, await event.app.count_records("posts")))

        @app.on_record_create_execute.on("posts")
        async def inside(event: Any) -> None:
            assert event.app.in_transaction
            await event.next()
            assert await event.app.count_records("posts") == await app.count_records("posts") + 1

        async with app.transaction() as bound:
            await add(bound, "posts", title="x")
            assert seen == []
        assert seen == [(True, 1)]

    play(scenario)


def test_error_hook_runs_when_the_outer_transaction_is_rolled_back(play: Play) -> None:
    async def scenario(app: App) -> None:
        seen = watch(app)
        with pytest.raises(LookupError):
            async with app.transaction() as bound:
                record = await add(bound, "posts", title="x")
                raise LookupError
        assert "after_create_error" in seen
        assert "after_create_success" not in seen
        assert record.is_new
        await app.save(record)

    play(scenario)


def test_failing_success_hook_undoes_nothing(play: Play) -> None:
    async def scenario(app: App) -> None:
        @app.on_record_after_create_success.on("posts")
        async def fail(event: Any) -> None:
            raise LookupError

        answer = await post(app, "posts", {"title": "x"})
        assert (await get(app, "posts", answer["id"]))["title"] == "x"

    play(scenario)


def test_failing_execute_hook_undoes_the_write(play: Play) -> None:
    async def scenario(app: App) -> None:
        @app.on_record_create_execute.on("posts")
        async def fail(event: Any) -> None:
            await event.next()
            raise LookupError

        with pytest.raises(LookupError):
            await post(app, "posts", {"title": "x"})
        assert (await page(app, "posts"))["totalItems"] == 0

    play(scenario)


def test_hook_may_change_the_record_and_see_its_original(play: Play) -> None:
    async def scenario(app: App) -> None:
        originals: list[str] = []

        @app.on_record_update.on("posts")
        async def shout(event: Any) -> None:
            event.record.set("title", event.record.get("title").upper())
            await event.next()

        @app.on_record_after_update_success.on("posts")
        async def compare(event: Any) -> None:
            originals.append(event.record.original("title"))

        record = await add(app, "posts", title="old")
        answer = await patch(app, "posts", record.id, {"title": "new"})
        assert answer["title"] == "NEW"
        assert originals == ["old"]

    play(scenario)


def test_request_hook_may_answer_by_itself(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")

        @app.on_record_view_request.on("posts")
        async def answer(event: Any) -> None:
            event.response = {"instead": True}

        assert await get(app, "posts", record.id) == {"instead": True}

    play(scenario)


def test_rules_run_before_request_hooks(play: Play) -> None:
    """SEC-29."""

    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")
        rules = dict.fromkeys(("view_rule", "create_rule", "update_rule", "delete_rule"), "n = 9")
        await app.save(app.catalog.get("posts").replace(**rules))
        seen = watch(app)
        for work in (
            get(app, "posts", record.id),
            post(app, "posts", {}),
            patch(app, "posts", record.id, {}),
            remove(app, "posts", record.id),
        ):
            with pytest.raises(Exception):  # noqa: B017  # whichever status it is
                await work
        assert seen == []

    play(scenario)


def test_list_hook_may_replace_the_records(play: Play) -> None:
    async def scenario(app: App) -> None:
        for title in "ab":
            await add(app, "posts", title=title)

        @app.on_records_list_request.on("posts")
        async def first_only(event: Any) -> None:
            assert (event.page, event.per_page, event.total_items) == (1, 30, 2)
            event.records = event.records[:1]
            await event.next()

        answer = await page(app, "posts", sort="title")
        assert [item["title"] for item in answer["items"]] == ["a"]
        assert answer["totalItems"] == 2

    play(scenario)


def test_save_without_validation(play: Play) -> None:
    async def scenario(app: App) -> None:

        record = Record(app.catalog.get("posts"), {"title": "x" * 30})
        await save_record(app, record, validate=False)
        assert (await get(app, "posts", record.id))["title"] == "x" * 30

    play(scenario)


def test_enrich_hook_hides_shows_and_adds(play: Play) -> None:
    async def scenario(app: App) -> None:
        tag = await add(app, "tags", name="t")
        await add(app, "posts", title="x", secret="s", tags=[tag.id])

        @app.on_record_enrich.on("posts")
        async def enrich(event: Any) -> None:
            event.record.unhide("secret")
            event.record.set("computed", event.info.context)
            event.record.shows_custom = True
            await event.next()
            event.record.hide("title")

        @app.on_record_enrich.on("tags")
        def count(event: Any) -> None:
            event.record.shows_custom = True
            event.record.set("context", event.info.context)

        answer = await page(app, "posts", expand="tags")
        [item] = answer["items"]
        assert item["secret"] == "s"
        assert item["computed"] == "default"
        assert "title" not in item
        assert item["expand"]["tags"][0]["context"] == "expand"

    play(scenario)


def test_one_record_is_saved_again_and_again(play: Play) -> None:
    async def scenario(app: App) -> None:
        async with app.transaction() as bound:
            record = await add(bound, "posts", title="a", n=1)
            record.set("n+", 1)
            await bound.save(record)
            assert record.original("n") == 1
        other = await app.find_record("posts", record.id)
        assert other is not None
        other.set("n+", 10)
        await app.save(other)
        record.set("n+", 100)
        await app.save(record)
        record.set("n+", 1000)
        await app.save(record)
        assert record.get("n") == 1112
        await app.delete(record)
        assert await app.count_records("posts") == 0

    play(scenario)


def test_rolled_back_save_can_be_repeated(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="a", n=1)
        record.load({"n+": 5, "title": "b"})
        with pytest.raises(LookupError):
            async with app.transaction() as bound:
                await bound.save(record)
                raise LookupError
        await patch(app, "posts", record.id, {"n+": 10})
        await app.save(record)
        found = await get(app, "posts", record.id)
        assert (found["n"], found["title"]) == (16, "b")

    play(scenario)


def test_after_hooks_see_names_and_no_plain_passwords(play: Play) -> None:
    async def scenario(app: App) -> None:
        seen: list[Any] = []

        @app.on_record_after_create_success.on()
        async def note(event: Any) -> None:
            seen.append(event.record.get("cover") or event.record.get("password").plain)

        await add(app, "posts", cover=Upload.from_bytes(b"x", "some.txt"))
        await add(app, "users", email="a@b.co", password="12345678")
        assert isinstance(seen[0], str)
        assert seen[1] == ""

    play(scenario)


def test_superusers_see_what_handlers_hide_before_they_go_on(play: Play) -> None:
    async def scenario(app: App) -> None:
        boss = await add_user(app, "boss@b.co", "_superusers")
        record = await add(app, "posts", title="x", n=5, secret="s")

        @app.on_record_enrich.on("posts")
        async def hide(event: Any) -> None:
            event.record.hide("title")
            await event.next()
            event.record.hide("n")

        seen = await get(app, "posts", record.id, boss)
        assert (seen["title"], seen["secret"]) == ("x", "s")
        assert "n" not in seen
        assert {"title", "n", "secret"}.isdisjoint(await get(app, "posts", record.id))

    play(scenario)

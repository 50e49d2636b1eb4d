"""Create and update as clients do: bodies, rules, validation, hidden fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import BadRequest, Forbidden, NotFound
from pbpy.fields.text import Text
from pbpy.records.create import create_record
from pbpy.records.record import Record
from pbpy.schema.collection import Collection
from tests.records.blog import OPEN, add, add_user, asking, get, page, patch, post

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pbpy.app import App
    from tests.records.conftest import Play


async def refusal(work: Awaitable[Any]) -> dict[str, Any]:
    """Return the code of each error with which a request is refused."""
    with pytest.raises(BadRequest) as caught:
        await work
    body = caught.value.to_json()
    assert body["message"] in ("Failed to create record.", "Failed to update record.")
    return {name: error["code"] for name, error in body["data"].items()}


async def change_rules(app: App, name: str, **rules: str | None) -> None:
    await app.save(app.catalog.get(name).replace(**rules))


def test_created_record_is_answered_and_stored(play: Play) -> None:
    async def scenario(app: App) -> None:
        author = await add_user(app, "a@example.com")
        body = {"title": "x", "n": "1.5", "kind": ["a", "a", "b"], "js": {"b": 1}, "extra": 1}
        answer = await post(app, "posts", {**body, "author": author.id})
        assert len(answer["id"]) == 15
        assert answer["n"] == 1.5
        assert answer["kind"] == ["a", "b"]
        assert answer["created"] == answer["updated"] != ""
        assert "extra" not in answer
        assert "secret" not in answer
        assert await get(app, "posts", answer["id"]) == answer

    play(scenario)


def test_first_error_of_each_field_is_answered(play: Play) -> None:
    async def scenario(app: App) -> None:
        await add(app, "posts", title="taken")
        body = {"title": "x" * 21, "kind": ["z"], "author": "nobody", "tags": ["nothing"]}
        assert await refusal(post(app, "posts", body)) == {
            "title": "validation_max_text_constraint",
            "kind": "validation_invalid_value",
            "author": "validation_missing_rel_records",
            "tags": "validation_missing_rel_records",
        }
        assert await refusal(post(app, "posts", {"author": "nobody"})) == {
            "author": "validation_missing_rel_records"
        }
        assert await refusal(post(app, "posts", {"title": "taken"})) == {
            "title": "validation_not_unique"
        }
        assert (await page(app, "posts"))["totalItems"] == 1

    play(scenario)


def test_update_writes_what_is_sent_and_touches_updated(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x", n=1, secret="s")
        record.set_raw("updated", "2020-01-01 00:00:00.000Z")
        await app.save(record)
        answer = await patch(app, "posts", record.id, {"n+": 2})
        assert (answer["title"], answer["n"]) == ("x", 3)
        assert answer["updated"] > "2021"
        found = await app.find_record("posts", record.id)
        assert found is not None
        assert found.get("secret") == "s"

    play(scenario)


def test_id_cannot_change(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts")
        work = patch(app, "posts", record.id, {"id": "bbbbbbbbbbbbbbb"})
        assert await refusal(work) == {"id": "validation_pk_change"}

    play(scenario)


def test_hidden_fields_belong_to_superusers(play: Play) -> None:
    async def scenario(app: App) -> None:
        boss = await add_user(app, "boss@example.com", "_superusers")
        answer = await post(app, "posts", {"secret": "mine"})
        assert (await get(app, "posts", answer["id"], boss))["secret"] == ""
        await patch(app, "posts", answer["id"], {"secret": "theirs"}, boss)
        await patch(app, "posts", answer["id"], {"secret": "mine", "secret:autogenerate": "x"})
        assert (await get(app, "posts", answer["id"], boss))["secret"] == "theirs"

    play(scenario)


def test_null_rules_are_for_superusers(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts")
        boss = await add_user(app, "boss@example.com", "_superusers")
        await change_rules(app, "posts", **dict.fromkeys(OPEN))
        for work in (
            post(app, "posts", {}),
            patch(app, "posts", record.id, {}),
            get(app, "posts", record.id),
            page(app, "posts"),
        ):
            with pytest.raises(Forbidden, match="Only superusers can perform this action"):
                await work
        await post(app, "posts", {}, boss)
        assert (await page(app, "posts", boss))["totalItems"] == 2

    play(scenario)


def test_create_rule_sees_the_final_values(play: Play) -> None:
    async def scenario(app: App) -> None:
        await change_rules(app, "posts", create_rule="n > 5 && @request.body.n = 7")
        await post(app, "posts", {"n": "7"})
        await post(app, "posts", {"n": 5, "n+": 2})
        with pytest.raises(BadRequest, match="Failed to create record") as caught:
            await post(app, "posts", {"n": 8})
        assert caught.value.data == {}

    play(scenario)


def test_update_rule_sees_the_stored_row_and_the_resolved_body(play: Play) -> None:
    async def scenario(app: App) -> None:
        rule = "n < 10 && @request.body.n >= 10 && @request.body.kind:length = 2"
        await change_rules(app, "posts", update_rule=rule)
        record = await add(app, "posts", n=9, kind=["a"])
        with pytest.raises(NotFound):
            await patch(app, "posts", record.id, {"n+": 1})
        assert (await patch(app, "posts", record.id, {"n+": 1, "kind+": "b"}))["n"] == 10
        with pytest.raises(NotFound):
            await patch(app, "posts", record.id, {"n+": 1, "kind+": "b"})
        with pytest.raises(NotFound):
            await patch(app, "posts", "nope", {"n": 1})

    play(scenario)


def test_broken_rule_hides_the_record(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts")
        broken = app.catalog.get("posts").replace(view_rule="gone = 1", create_rule="gone = 1")
        async with app.transaction() as bound:
            bound.replace_catalog(bound.catalog.with_collection(broken))
        with pytest.raises(NotFound):
            await get(app, "posts", record.id)
        with pytest.raises(BadRequest, match="Failed to create record"):
            await post(app, "posts", {})

    play(scenario)


def test_view_collections_are_read_only(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")
        await app.save(Collection.new_view("titles", "SELECT id, title FROM posts", **_READABLE))
        assert (await get(app, "titles", record.id))["title"] == "x"
        for work in (post(app, "titles", {}), patch(app, "titles", record.id, {})):
            with pytest.raises(BadRequest, match="Unsupported collection type"):
                await work
        with pytest.raises(BadRequest):
            await app.save(Record(app.catalog.get("titles")))

    play(scenario)


_READABLE = {"list_rule": "", "view_rule": ""}


def test_bad_fields_parameter_creates_nothing(play: Play) -> None:
    async def scenario(app: App) -> None:
        with pytest.raises(BadRequest):
            await post(app, "posts", {"title": "x"}, fields="title:nope(1)")
        assert (await page(app, "posts"))["totalItems"] == 0
        assert await post(app, "posts", {"title": "x"}, fields="title") == {"title": "x"}

    play(scenario)


def test_body_of_the_request_holds_the_final_values_afterwards(play: Play) -> None:
    async def scenario(app: App) -> None:
        info = asking(body={"n": 1, "n+": 2, "js": '{"a":1}', "place": 1, "secret": "x"})
        await create_record(app, app.catalog.get("posts"), info)
        assert info.body == {"n": 3, "js": {"a": 1}, "place": 1}

    play(scenario)


def test_id_without_a_pattern_of_its_own_is_free(play: Play) -> None:
    async def scenario(app: App) -> None:
        ids = Text("id", primary_key=True, required=True, system=True, pattern="^.+$", max=30)
        await app.save(Collection.new_base("codes", **OPEN, fields=(ids,)))
        assert (await post(app, "codes", {"id": "Abc"}))["id"] == "Abc"
        assert await refusal(post(app, "codes", {"id": "aBC"})) == {"id": "validation_pk_invalid"}
        assert await refusal(post(app, "codes", {})) == {"id": "validation_required"}

    play(scenario)

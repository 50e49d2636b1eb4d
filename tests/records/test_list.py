"""Pages of records: totals, guards, throttling of guesses, records for app developers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import BadRequest, FilterError, FilterForbidden
from tests.records.blog import add, add_user, page

if TYPE_CHECKING:
    from pbpy.app import App
    from tests.records.conftest import Play


@pytest.mark.parametrize(
    ("query", "items", "total", "pages"),
    [
        ({}, 5, 5, 1),
        ({"perPage": "2"}, 2, 5, 3),
        ({"perPage": "2", "page": "3"}, 1, 5, 3),
        ({"perPage": "5"}, 5, 5, 1),
        ({"perPage": "5", "page": "2"}, 0, 5, 1),
        ({"page": "9"}, 0, 5, 1),
        ({"skipTotal": "1", "perPage": "2"}, 2, -1, -1),
        ({"filter": "n > 2"}, 2, 2, 1),
        ({"filter": "n > 9"}, 0, 0, 0),
        ({"filter": "n > 9", "page": "2"}, 0, 0, 0),
    ],
)
def test_totals(play: Play, query: dict[str, Any], items: int, total: int, pages: int) -> None:
    async def scenario(app: App) -> None:
        for number in range(5):
            await add(app, "posts", title=str(number), n=number)
        answer = await page(app, "posts", **query)
        assert len(answer["items"]) == items
        assert (answer["totalItems"], answer["totalPages"]) == (total, pages)

    play(scenario)


def test_client_filters_have_their_limits(play: Play) -> None:
    async def scenario(app: App) -> None:
        boss = await add_user(app, "boss@b.co", "_superusers")
        refused: list[dict[str, Any]] = [
            {"filter": "@request.auth.id = ''"},
            {"sort": "@collection.posts.n"},
        ]
        for query in refused:
            with pytest.raises(FilterForbidden, match="Only superusers can filter by @"):
                await page(app, "posts", **query)
        broken: list[dict[str, Any]] = [
            {"filter": "secret = 'x'"},
            {"filter": "nope = 1"},
            {"sort": "nope"},
        ]
        for query in broken:
            with pytest.raises(FilterError):
                await page(app, "posts", **query)
        await page(app, "posts", boss, filter="@request.auth.id = '' || secret = 'x'")
        with pytest.raises(BadRequest):
            await page(app, "posts", page="x")

    play(scenario)


def test_guessing_becomes_slow(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-26."""
    monkeypatch.setattr("secrets.randbelow", lambda limit: limit - 450)

    async def scenario(app: App) -> None:
        await app.save(app.catalog.get("posts").replace(list_rule="title != 'hidden'"))

        async def spent(**query: Any) -> float:
            began = time.monotonic()
            await page(app, "posts", **query)
            return time.monotonic() - began

        quick = [await spent(filter="title ~ 'secret'") for _ in range(3)]
        assert max(quick) < 0.05
        assert await spent(filter="title ~ 'secret'") >= 0.05
        assert await spent() < 0.05

    play(scenario)


def test_trusted_filters_know_no_rules(play: Play) -> None:
    async def scenario(app: App) -> None:
        await app.save(app.catalog.get("posts").replace(list_rule=None))
        for number in range(5):
            await add(app, "posts", title=f"t{number}", n=number, secret="x")
        found = await app.find_records(
            "posts", "secret = {:s} && n >= {:n}", sort="-n", limit=2, offset=1,
            params={"s": "x", "n": 1},
        )  # fmt: skip
        assert [record.get("n") for record in found] == [3, 2]
        assert len(await app.find_records("posts")) == 5
        assert await app.count_records("posts") == 5
        assert await app.count_records("posts", "n < {:n}", {"n": 2}) == 2
        first = await app.find_first_record("posts", "n > 1", sort="n")
        assert first is not None
        assert first.get("n") == 2
        assert await app.find_first_record("posts", "n > 99") is None
        with pytest.raises(FilterError):
            await app.find_records("posts", "nope = 1")

    play(scenario)


@pytest.mark.parametrize("fields", ["", "title", "n,id,kind", "collectionId", "nope", "*", "js.a"])
def test_rows_and_records_are_encoded_alike(play: Play, fields: str) -> None:
    async def scenario(app: App) -> None:
        boss = await add_user(app, "boss@b.co", "_superusers")
        await add_user(app, "u@b.co", emailVisibility=True)
        for number in range(3):
            values = {"title": f"t{number}", "n": number / 2, "js": {"a": number}, "kind": ["a"]}
            await add(app, "posts", **values, secret="s")

        async def answers() -> list[Any]:
            return [
                await page(app, collection, auth, fields=fields, sort="id")
                for collection in ("posts", "users", "tags")
                for auth in (None, boss)
            ]

        from_rows = await answers()

        @app.on_record_enrich
        async def go_on(event: Any) -> None:
            await event.next()

        assert await answers() == from_rows

    play(scenario)

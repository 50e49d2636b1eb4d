"""Many writers at once: nothing is lost, nothing dangles (SEC part 4)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import ApiError, BadRequest, NotFound
from tests.records.blog import add, add_user, page, patch, post, remove

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.hooks.events import RecordEvent
    from tests.records.conftest import Play


def let_others_in_between(app: App) -> None:
    """Give way after the record was read and validated, right before the transaction."""

    async def give_way(event: RecordEvent) -> None:
        await asyncio.sleep(0)
        await event.next()

    app.on_record_validate.bind(give_way)
    app.on_record_update.bind(give_way)
    app.on_record_delete.bind(give_way)


def test_concurrent_additions_give_the_exact_sum(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="sum", n=0)
        let_others_in_between(app)

        async def client(times: int) -> None:
            for _ in range(times):
                await patch(app, "posts", record.id, {"n+": 1})
                await asyncio.sleep(0)

        await asyncio.gather(*(client(62 + (number < 16)) for number in range(32)))
        found = await app.find_record("posts", record.id)
        assert found is not None
        assert found.get("n") == 2000

    play(scenario)


def test_concurrent_list_changes_are_all_kept(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")
        tags = [await add(app, "tags", name=str(number)) for number in range(9)]
        let_others_in_between(app)

        async def client(tag_id: str) -> None:
            await asyncio.sleep(0)
            await patch(app, "posts", record.id, {"tags+": tag_id})

        await asyncio.gather(*(client(tag.id) for tag in tags))
        found = await app.find_record("posts", record.id)
        assert found is not None
        assert sorted(found.get("tags")) == sorted(tag.id for tag in tags)

    play(scenario)


def test_changes_of_different_columns_do_not_undo_each_other(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="old", n=1)
        stale = await app.find_record("posts", record.id)
        assert stale is not None
        await patch(app, "posts", record.id, {"title": "new"})
        stale.set("n", 2)
        await app.save(stale)
        assert (stale.get("title"), stale.get("n")) == ("new", 2)
        found = await app.find_record("posts", record.id)
        assert found is not None
        assert (found.get("title"), found.get("n")) == ("new", 2)

    play(scenario)


def test_recomputed_value_is_validated_again(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")
        tags = [(await add(app, "tags")).id for _ in range(10)]
        stale = await app.find_record("posts", record.id)
        assert stale is not None
        stale.set("tags+", tags[:5])
        await patch(app, "posts", record.id, {"tags": tags[5:]})
        with pytest.raises(Exception, match="too_many_values"):
            await app.save(stale)

    play(scenario)


def test_no_comment_dangles_when_its_post_is_deleted(play: Play) -> None:
    async def scenario(app: App) -> None:
        chance = random.Random(7)
        let_others_in_between(app)
        for turn in range(20):
            target = (await add(app, "posts", title=str(turn))).id

            async def create(post_id: str = target) -> None:
                for _ in range(5):
                    await asyncio.sleep(0)
                    try:
                        await post(app, "comments", {"text": "x", "post": post_id})
                    except BadRequest as error:
                        assert "post" in error.data

            async def delete(post_id: str = target) -> None:
                for _ in range(chance.randrange(40)):
                    await asyncio.sleep(0)
                await remove(app, "posts", post_id)

            await asyncio.gather(*(create() for _ in range(8)), delete())
            left = await app.find_records("comments", "post = {:id}", params={"id": target})
            assert left == []

    play(scenario)


def test_unique_index_is_exact(play: Play) -> None:
    async def scenario(app: App) -> None:
        let_others_in_between(app)

        async def client() -> bool:
            try:
                await post(app, "posts", {"title": "only one"})
            except BadRequest as error:
                assert error.to_json()["data"]["title"]["code"] == "validation_not_unique"
                return False
            return True

        assert sum(await asyncio.gather(*(client() for _ in range(20)))) == 1

    play(scenario)


def test_one_of_several_deletions_wins(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = await add(app, "posts", title="x")

        let_others_in_between(app)

        async def client() -> bool:
            try:
                await remove(app, "posts", record.id)
            except NotFound:
                return False
            return True

        assert sum(await asyncio.gather(*(client() for _ in range(8)))) == 1

    play(scenario)


def test_one_superuser_is_left_whoever_deletes_first(play: Play) -> None:
    async def scenario(app: App) -> None:
        superusers = [
            await add_user(app, f"{number}@example.com", "_superusers") for number in range(4)
        ]

        let_others_in_between(app)

        async def client(index: int) -> None:
            try:
                await remove(app, "_superusers", superusers[index].id, superusers[index])
            except ApiError as error:
                assert error.message == "You can't delete the only existing superuser."

        await asyncio.gather(*(client(index) for index in range(4)))
        answer = await page(app, "_superusers", superusers[0])
        assert answer["totalItems"] == 1

    play(scenario)

"""Files of records: stored before the row, tidied up after it, whatever fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import BadRequest, StorageError, ValidationFailed
from pbpy.files.intents import Intents
from pbpy.files.local import LocalStorage
from pbpy.files.upload import Upload
from pbpy.records.record import Record
from tests.records.blog import add, patch, post, remove

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App
    from tests.records.conftest import Play


def upload(name: str = "some file.txt", content: bytes = b"content") -> Upload:
    return Upload.from_bytes(content, name)


def notes(app: App) -> list[Path]:
    """Return the notes of saves that are not finished."""
    return list((app.config.data_dir / ".file_intents").glob("*/*.json"))


async def stored(app: App) -> list[str]:
    """Return the names of all files, and check that no note is left."""
    assert notes(app) == []
    return [info.key.rpartition("/")[2] for info in await app.storage.list("")]


def test_uploads_are_stored_under_their_names(play: Play) -> None:
    async def scenario(app: App) -> None:
        files = {
            "cover": [upload()],
            "docs": [upload("a.txt"), upload("b.txt")],
            "title": [upload()],
        }
        answer = await post(app, "posts", {"title": "x"}, files=files)
        assert answer["cover"].startswith("some_file_")
        assert len(answer["docs"]) == 2
        assert sorted(await stored(app)) == sorted([answer["cover"], *answer["docs"]])
        collection_id = app.catalog.get("posts").id
        opened = await app.storage.open(f"{collection_id}/{answer['id']}/{answer['cover']}")
        assert opened is not None
        with opened.source:
            assert opened.source.read() == b"content"

    play(scenario)


def test_replaced_and_removed_files_are_deleted(play: Play) -> None:
    async def scenario(app: App) -> None:
        files = {"cover": [upload()], "docs": [upload("a.txt"), upload("b.txt")]}
        first = await post(app, "posts", {}, files=files)
        answer = await patch(
            app, "posts", first["id"], {"docs-": first["docs"][0]}, files={"cover": [upload()]}
        )
        assert answer["cover"] != first["cover"]
        assert answer["docs"] == first["docs"][1:]
        assert sorted(await stored(app)) == sorted([answer["cover"], *answer["docs"]])
        answer = await patch(
            app, "posts", first["id"], {"docs": answer["docs"]}, files={"docs": [upload("c.txt")]}
        )
        assert answer["docs"][0] == first["docs"][1]
        assert len(answer["docs"]) == 2
        answer = await patch(app, "posts", first["id"], {}, files={"docs+": [upload("d.txt")]})
        assert len(answer["docs"]) == 3
        answer = await patch(app, "posts", first["id"], {"docs": [], "cover": None})
        assert (answer["docs"], answer["cover"]) == ([], "")
        assert await stored(app) == []

    play(scenario)


def test_no_file_is_left_when_the_row_is_refused(play: Play) -> None:
    """SEC-43."""

    async def scenario(app: App) -> None:
        await add(app, "posts", title="taken")
        kept = await post(app, "posts", {"title": "kept"}, files={"cover": [upload()]})
        for body in ({"title": "taken"}, {"title": "x" * 30}, {"author": "nobody"}):
            with pytest.raises(BadRequest):
                await post(app, "posts", body, files={"cover": [upload()]})
            with pytest.raises(BadRequest):
                await patch(app, "posts", kept["id"], body, files={"cover": [upload()]})
        assert await stored(app) == [kept["cover"]]

    play(scenario)


def test_no_file_is_left_when_the_outer_transaction_fails(play: Play) -> None:
    async def scenario(app: App) -> None:
        kept = await post(app, "posts", {}, files={"cover": [upload()]})
        with pytest.raises(LookupError):
            async with app.transaction() as bound:
                await add(bound, "posts", cover=upload())
                record = await bound.find_record("posts", kept["id"])
                assert record is not None
                record.set("cover", "")
                await bound.save(record)
                raise LookupError
        assert await stored(app) == [kept["cover"]]
        async with app.transaction() as bound:
            await add(bound, "posts", cover=upload("new.txt"))
            record = await bound.find_record("posts", kept["id"])
            assert record is not None
            record.set("cover", "")
            await bound.save(record)
        [left] = await stored(app)
        assert left.startswith("new_")

    play(scenario)


def test_file_of_an_execute_hook_is_stored_too(play: Play) -> None:
    async def scenario(app: App) -> None:
        @app.on_record_create_execute.on("posts")
        async def attach(event: Any) -> None:
            event.record.set("docs+", upload("late.txt"))
            await event.next()

        answer = await post(app, "posts", {}, files={"docs": [upload("early.txt")]})
        assert sorted(await stored(app)) == sorted(answer["docs"])
        assert len(answer["docs"]) == 2

    play(scenario)


def test_deleted_record_takes_its_files_along(play: Play) -> None:
    async def scenario(app: App) -> None:
        first = await post(app, "posts", {}, files={"cover": [upload()], "docs": [upload()]})
        kept = await post(app, "posts", {}, files={"cover": [upload()]})
        await remove(app, "posts", first["id"])
        assert await stored(app) == [kept["cover"]]

    play(scenario)


class Stuck(LocalStorage):
    """A storage that turned read-only after the files were written."""

    async def delete(self, key: str) -> bool:
        raise StorageError(f"read-only: {key}")


def test_failed_deletion_of_a_file_is_noted_for_the_sweep(play: Play) -> None:
    async def scenario(app: App) -> None:
        answer = await post(app, "posts", {}, files={"cover": [upload()]})
        working, app.storage = app.storage, Stuck(app.config.data_dir / "storage")
        await patch(app, "posts", answer["id"], {"cover": ""})
        assert len(notes(app)) == 1
        app.storage = working
        assert len(await working.list("")) == 1
        await app.intents.close()
        await Intents(app.config.data_dir).sweep(app)
        assert await stored(app) == []

    play(scenario)


def test_upload_of_a_reserved_name_is_refused(play: Play) -> None:
    async def scenario(app: App) -> None:
        with pytest.raises(BadRequest, match="Failed to create record"):
            await post(app, "posts", {}, files={"cover": [upload("x.attrs")]})
        assert await stored(app) == []

    play(scenario)


def test_names_cannot_be_invented(play: Play) -> None:
    async def scenario(app: App) -> None:
        record = Record(app.catalog.get("posts"), {"cover": "other.txt"})
        with pytest.raises(ValidationFailed):
            await app.save(record)

    play(scenario)


def test_hook_that_ends_the_chain_leaves_files_as_they_were(play: Play) -> None:
    async def scenario(app: App) -> None:
        answer = await post(app, "posts", {}, files={"cover": [upload()]})
        record = await app.find_record("posts", answer["id"])
        assert record is not None

        async def stop(event: Any) -> None:
            return

        app.on_record_create_execute.bind(stop)
        app.on_record_update_execute.bind(stop)
        app.on_record_delete_execute.bind(stop)
        lost = await add(app, "posts", cover=upload("lost.txt"))
        assert lost.is_new
        record.set("cover", upload("lost.txt"))
        await app.save(record)
        await app.delete(record)
        assert await stored(app) == [answer["cover"]]

    play(scenario)

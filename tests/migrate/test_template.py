"""Migration files as text: running them does what was said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from pbpy.app import App
from pbpy.config import Config
from pbpy.migrate.snapshot import snapshot
from pbpy.migrate.template import BLANK, render_change, render_snapshot
from pbpy.schema.collection import Collection
from pbpy.schema.merge import merged, scaffold
from tests.migrate.definitions import changes
from tests.migrate.files import run_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pbpy.errors import JsonValue


class UndoError(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, App]]:
    """An open App, and the loop that it lives on."""
    app = App(Config(data_dir=tmp_path_factory.mktemp("data")))
    with asyncio.Runner() as runner:
        runner.run(app.open())
        yield runner, app
        runner.run(app.close())


def shown(app: App, collection: Collection) -> JsonValue:
    """Return a stored collection as a snapshot shows it; the fields of views have random ids."""
    (body,) = snapshot([app.get_collection(collection.id)])
    if collection.is_view:
        body["fields"] = [item["name"] for item in body["fields"]]
    return body


@given(pair=changes())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_up_and_down_reproduce_any_change(
    world: tuple[asyncio.Runner, App], tmp_path: Path, pair: tuple[Collection, Collection]
) -> None:
    runner, app = world
    path = tmp_path / "1_x.py"

    async def scenario(app: App) -> None:
        old = await app.save(pair[0])
        before = shown(app, old)
        new = await app.save(pair[1].replace(created=old.created))
        after = shown(app, new)
        for change, direction, wanted in (
            ((old, new), "down", before),
            ((old, new), "up", after),
            ((new, None), "up", None),
            ((new, None), "down", after),
            ((None, new), "down", None),
            ((None, old), "up", before),
        ):
            path.write_text(render_change(*change) or BLANK)
            await run_file(app, path, direction)
            found = app.find_collection(old.id)
            assert (found and shown(app, found)) == wanted, path.read_text()

    async def undone() -> None:
        async with app.transaction() as tx_app:
            await scenario(tx_app)
            raise UndoError

    with pytest.raises(UndoError):
        runner.run(undone())


def test_a_file_reads_as_if_written_by_hand() -> None:
    posts = scaffold("base", "posts").replace(list_rule="", view_rule="id != ''")
    body = {"type": "text", "name": "title", "required": True, "max": 200}
    posts = merged(posts, {"fields": [*snapshot([posts])[0]["fields"], body]})
    assert render_change(None, posts) == (
        """from pbpy.migrations import App, Collection, Text


async def up(app: App) -> None:
    collection = Collection.new_base(
        "posts",
        id="pbc_1125843985",
        list_rule="",
        view_rule="id != ''",
        fields=[Text("title", id="text724990059", required=True, max=200)],
    )
    await app.save(collection)


async def down(app: App) -> None:
    await app.delete(app.get_collection("pbc_1125843985"))
"""
    )


def test_a_change_reads_as_if_written_by_hand() -> None:
    old = Collection.new_auth("members", id="m")
    new = old.replace(list_rule="").with_options({"otp": {"enabled": True}})
    assert render_change(old, new) == (
        """from pbpy.migrations import App


async def up(app: App) -> None:
    collection = app.get_collection("m")
    collection = collection.with_options({"otp": {"enabled": True}})
    collection = collection.replace(list_rule="")
    await app.save(collection)


async def down(app: App) -> None:
    collection = app.get_collection("m")
    collection = collection.with_options({"otp": {"enabled": False}})
    collection = collection.replace(list_rule=None)
    await app.save(collection)
"""
    )


def test_there_is_no_file_for_no_change() -> None:
    users = Collection.new_auth("users")
    assert render_change(users, users.replace(auth=Collection.new_auth("x").auth)) is None


def test_a_snapshot_makes_the_same_collections_in_an_empty_directory(tmp_path: Path) -> None:
    """Ids, rules, indexes and options alike."""
    path = tmp_path / "1_snapshot.py"

    async def list_all(name: str, *, import_first: bool) -> list[JsonValue]:
        async with App(Config(data_dir=tmp_path / name)) as app:
            if import_first:
                await run_file(app, path, "up")
            else:
                await app.save(
                    Collection.new_auth("members", list_rule="").with_options(
                        {"otp": {"enabled": True}}
                    )
                )
                await app.save(Collection.new_view("ids", "SELECT id FROM members"))
                path.write_text(render_snapshot(snapshot(app.catalog.collections)))
            return [shown(app, item) for item in app.catalog.collections]

    made = asyncio.run(list_all("a", import_first=False))
    assert asyncio.run(list_all("b", import_first=True)) == made
    assert "secret" not in path.read_text()


def test_the_blank_file_can_be_applied_and_reverted(tmp_path: Path) -> None:
    path = tmp_path / "1_blank.py"
    path.write_text(BLANK)

    async def main() -> None:
        async with App(Config(data_dir=tmp_path / "d")) as app:
            await run_file(app, path, "up")
            await run_file(app, path, "down")

    asyncio.run(main())

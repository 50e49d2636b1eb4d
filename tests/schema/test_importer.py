"""Import of collections."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import FieldError, SchemaError, ValidationFailed
from pbpy.schema.collection import Collection, default_collection_id
from pbpy.schema.encode import collection_to_json
from pbpy.schema.importer import import_collections
from pbpy.schema.save import save_collection
from tests.schema.apps import columns, everything, run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App

TEXT = {"type": "text", "name": "title"}


def test_views_come_last_and_new_collections_by_their_moment(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        known = len(app.catalog.collections)
        await import_collections(
            app,
            [
                {"name": "v", "type": "view", "viewQuery": "select id, title from b"},
                {"name": "b", "fields": [TEXT], "created": "2022-01-02 00:00:00.000Z"},
                {"name": "a", "created": "2022-01-01 00:00:00.000Z"},
                {"name": "c"},
            ],
        )
        added = app.catalog.collections[known:]
        assert [item.name for item in added] == ["c", "a", "b", "v"]
        assert [field.name for field in app.catalog.get("v").fields] == ["id", "title"]

    run(tmp_path, scenario)


def test_fields_that_are_not_submitted_stay_unless_asked(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        await import_collections(app, [{"name": "posts", "fields": [TEXT, {**TEXT, "name": "x"}]}])
        await import_collections(app, [{"name": "posts", "fields": [{**TEXT, "name": "y"}]}])
        assert sorted(await columns(app, "posts")) == ["id", "title", "x", "y"]
        only_y = {"name": "posts", "fields": [{**TEXT, "name": "y"}]}
        await import_collections(app, [only_y, {"name": "users"}], delete_missing=True)
        assert sorted(await columns(app, "posts")) == ["id", "y"]

    run(tmp_path, scenario)


def test_a_stored_field_of_another_id_keeps_its_column(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        custom = {**TEXT, "id": "custom"}
        await import_collections(app, [{"name": "posts", "fields": [custom]}])
        await import_collections(app, [{"name": "posts", "fields": [{**TEXT, "max": 5}]}])
        assert app.catalog.get("posts").by_name["title"].id == "custom"

    run(tmp_path, scenario)


def test_missing_collections_go_when_asked_but_never_system_ones(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        await import_collections(app, [{"name": "posts"}, {"name": "notes"}])
        await import_collections(app, [{"name": "notes"}], delete_missing=True)
        assert [item.name for item in app.catalog.collections] == [
            "_mfas", "_otps", "_externalAuths", "_authOrigins", "_superusers", "notes",
        ]  # fmt: skip

    run(tmp_path, scenario)


def test_what_the_server_shows_can_be_imported_again(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        await save_collection(app, Collection.new_auth("people", list_rule="id != ''"))
        shown = [
            json.loads(json.dumps(collection_to_json(item))) for item in app.catalog.collections
        ]
        before = app.catalog.collections
        await import_collections(app, shown, delete_missing=True)
        after = app.catalog.collections
        assert [item.replace(updated="") for item in after] == [
            item.replace(updated="") for item in before
        ]

    run(tmp_path, scenario)


REFUSED: list[list[dict[str, Any]]] = [
    [{"name": "ok"}, {"name": "not ok"}],
    [{"name": "ok"}, {"name": "bad", "listRule": "nope = 1"}],
    [{"name": "ok"}, {"name": "bad", "indexes": ["create index a on b (nope)"]}],
    [{"name": "ok"}, {"name": "v", "type": "view", "viewQuery": "select 1"}],
    [{"name": "ok"}, {"name": "ok"}],
    [{"name": "ok"}, {"name": 5}],
    [{"name": "ok"}, {"id": "users", "name": "renamed"}],
    [{"name": "ok"}, {"name": "_superusers", "listRule": ""}],
    [],
]


@pytest.mark.parametrize("submitted", REFUSED, ids=str)
def test_all_or_nothing(tmp_path: Path, submitted: list[dict[str, Any]]) -> None:
    async def scenario(app: App) -> None:
        before = await everything(app)
        with pytest.raises((ValidationFailed, SchemaError)):
            await import_collections(app, submitted, delete_missing=True)
        assert await everything(app) == before

    run(tmp_path, scenario)


def test_a_refusal_tells_all_errors_of_the_collection_as_text(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        body = {
            "name": "bad",
            "listRule": "nope = 1",
            "fields": [{"type": "select", "name": "s"}, {"type": "text", "name": "a b"}],
        }
        with pytest.raises(ValidationFailed) as caught:
            await import_collections(app, [body])
        error = caught.value.errors["collections"]
        assert isinstance(error, FieldError)
        assert error.code == "validation_collections_import_failure"
        collection_id = default_collection_id("base", "bad")
        assert error.message == (
            f'Data validations failed for collection "bad" ({collection_id}):\n'
            '{\n  "fields": {\n    "1": {\n      "values": "cannot be blank"\n    },\n'
            '    "2": {\n      "name": "must be in a valid format"\n    }\n  },\n'
            '  "listRule": "Invalid rule. Raw error: invalid left operand \\"nope\\" -'
            ' unknown field \\"nope\\""\n}.'
        )

    run(tmp_path, scenario)

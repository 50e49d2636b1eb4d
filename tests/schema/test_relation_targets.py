"""Relations that name their target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.errors import ValidationFailed
from pbpy.fields import Relation, Text
from pbpy.schema.collection import Collection
from tests.schema.apps import run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App


def target(collection: Collection, name: str = "to") -> str:
    field = collection.by_name[name]
    assert isinstance(field, Relation)
    return field.collection_id


def test_a_relation_takes_a_collection_its_name_or_its_id(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        unsaved = Collection.new_base("tags")
        tags = await app.save(unsaved)
        known: tuple[Collection | str, ...] = (tags, unsaved, "tags", "TAGS", tags.id)
        for number, given in enumerate(known):
            saved = await app.save(
                Collection.new_base(f"c{number}", fields=[Relation("to", given)])
            )
            assert target(saved) == tags.id
            assert app.get_collection(f"c{number}") == saved

    run(tmp_path, scenario)


def test_a_collection_may_point_to_itself(tmp_path: Path) -> None:
    """Also one whose default id is taken."""

    async def scenario(app: App) -> None:
        nodes = Collection.new_base("nodes", fields=[Relation("to", "nodes")])
        first = await app.save(nodes)
        assert target(first) == first.id
        await app.save(first.replace(name="old_nodes"))
        second = await app.save(nodes)
        assert second.id != first.id
        assert target(second) == second.id

    run(tmp_path, scenario)


def test_a_name_is_looked_up_when_a_stored_collection_is_saved(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        posts = await app.save(Collection.new_base("posts", fields=[Text("title")]))
        tags = await app.save(Collection.new_base("tags", id="own_id"))
        posts = await app.save(posts.with_fields(Relation("to", "tags"), Relation("up", "posts")))
        assert (target(posts), target(posts, "up")) == ("own_id", posts.id)
        assert tags.id == "own_id"

    run(tmp_path, scenario)


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        with pytest.raises(ValidationFailed) as refused:
            await app.save(Collection.new_base("posts", fields=[Relation("to", "nope")]))
        assert refused.value.summary == (
            "fields: (1: (collectionId: The relation collection doesn't exist.))"
        )

    run(tmp_path, scenario)


def test_the_api_knows_ids_only(tmp_path: Path) -> None:
    """As PocketBase does."""

    async def scenario(app: App) -> None:
        relation = {"name": "to", "type": "relation", "collectionId": "users"}
        with pytest.raises(ValidationFailed):
            await app.import_collections([{"name": "posts", "fields": [relation]}])

    run(tmp_path, scenario)

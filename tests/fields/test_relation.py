"""Relation: the records must exist."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pbpy.fields import Relation
from pbpy.records.record import Record
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection
from tests.fields.conftest import POSTS, fill

if TYPE_CHECKING:
    from pbpy.store.store import Database


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("tags", (), None),
        ("tags", ("red",), None),
        ("tags", ("red", "green"), None),
        ("tags", ("red", "blue"), "validation_missing_rel_records"),
        ("tags", ("blue",), "validation_missing_rel_records"),
        ("tags", ("a", "b", "c", "d"), "validation_too_many_values"),
        ("tags", ("x' OR '1'='1",), "validation_missing_rel_records"),
        ("lost", "", None),
        ("lost", "red", "validation_missing_rel_collection"),
    ],
)
def test_related_records_must_exist(
    database: Database, name: str, value: str | tuple[str, ...], code: str | None
) -> None:
    async def work() -> str | None:
        try:
            ctx = await fill(database)
            error = await POSTS.by_name[name].validate(ctx, Record(POSTS), value)
            return error.code if error else None
        finally:
            await database.close()

    assert asyncio.run(work()) == code


def collection_with(field: Relation, kind: str = "base") -> Collection:
    return Collection(name="posts", id="pbc_posts", type=kind, fields=(field,))  # type: ignore[arg-type]


VIEW = Collection(name="stats", id="pbc_stats", type="view")
OLD = Relation("tags", id="r1", collection_id="pbc_tags")
CATALOG = Catalog([Collection(name="tags", id="pbc_tags"), VIEW, collection_with(OLD)])


def test_the_target_of_a_relation_cannot_change() -> None:
    changed = Relation("tags", id="r1", collection_id="pbc_posts")
    errors = changed.validate_settings(CATALOG, collection_with(changed))
    assert list(errors) == ["collectionId"]
    assert errors["collectionId"].code == "validation_field_relation_change"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "code"),
    [("base", "validation_relation_field_non_view_base_collection"), ("view", None)],
)
def test_only_views_relate_to_views(kind: str, code: str | None) -> None:
    field = Relation("stats", id="r9", collection_id="pbc_stats")
    error = field.validate_settings(CATALOG, collection_with(field, kind)).get("collectionId")
    assert (error and error.code) == code  # type: ignore[union-attr]

"""What all field types share."""

from __future__ import annotations

import pytest

from pbpy.fields import (
    FIELD_TYPES,
    Autodate,
    Editor,
    File,
    GrowsBody,
    Json,
    Select,
    Text,
    default_field_id,
    field_from_settings,
)
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection


def test_ids_are_those_of_pocketbase() -> None:
    assert default_field_id("text", "id") == "text3208210256"


def test_every_type_is_registered_under_its_name() -> None:
    assert set(FIELD_TYPES) == {
        *("text", "number", "bool", "email", "url", "editor", "date", "autodate", "select"),
        *("file", "relation", "json", "password", "geoPoint"),
    }
    assert all(kind.type == name for name, kind in FIELD_TYPES.items())


@pytest.mark.parametrize("body", [{}, {"type": None}, {"type": "nope"}, {"type": ["text"]}])
def test_an_unknown_type_is_an_error(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unknown field type"):
        field_from_settings(body)


@pytest.mark.parametrize(
    "field", [kind("x") for kind in FIELD_TYPES.values()], ids=lambda f: f.type
)
def test_the_value_of_a_new_record_is_empty_and_stored_as_the_column_default(field: Text) -> None:
    default = field.column.value.partition("DEFAULT ")[2].removesuffix(" NOT NULL")
    stored = {"NULL": None, "FALSE": 0, "0": 0}.get(default, default.strip("'"))
    assert field.encode(field.zero) == stored
    assert field.is_empty(field.zero)


def test_large_fields_allow_large_bodies() -> None:
    large = [kind for kind in FIELD_TYPES.values() if isinstance(kind("x"), GrowsBody)]
    assert large == [Editor, File, Json]


def test_flags_of_a_system_autodate_cannot_change() -> None:
    old = Autodate("created", id="a1", system=True, on_create=True)
    catalog = Catalog([Collection(name="c", id="c1", fields=(old,))])
    new = Autodate("created", id="a1", system=True, on_update=True)
    errors = new.validate_settings(catalog, Collection(name="c", id="c1", fields=(new,)))
    assert {key: error.code for key, error in errors.items()} == {  # type: ignore[union-attr]
        "onCreate": "validation_values_mismatch",
        "onUpdate": "validation_values_mismatch",
    }


def test_lists_can_be_told_from_single_values() -> None:
    assert Select("s", max_select=2).is_multiple
    assert not Select("s", max_select=1).is_multiple
    assert Select("s").can_be_multiple
    assert not Text("t").can_be_multiple

"""Lists of fields: default ids and replacement."""

from __future__ import annotations

from pbpy.fields import Number, Text
from pbpy.fields.field import default_field_id
from pbpy.schema.field_list import add_field, add_fields


def names(fields: tuple[object, ...]) -> list[tuple[str, str]]:
    return [(field.name, field.id) for field in fields]  # type: ignore[attr-defined]


def test_a_field_without_id_gets_the_default_one() -> None:
    (field,) = add_field((), Text(name="id"))
    assert field.id == "text3208210256"


def test_a_taken_default_id_gets_a_number() -> None:
    taken = Text(name="other", id=default_field_id("text", "a"))
    fields = add_field((taken,), Text(name="a"))
    assert names(fields)[1] == ("a", default_field_id("text", "a") + "2")


def test_the_same_id_is_replaced_in_place() -> None:
    first, second = Text(name="a", id="x"), Text(name="b", id="y")
    fields = add_fields((), [first, second, Number(name="c", id="x")])
    assert names(fields) == [("c", "x"), ("b", "y")]


def test_the_same_name_without_id_takes_over_the_id() -> None:
    fields = add_fields((), [Text(name="a", id="x"), Number(name="a")])
    assert names(fields) == [("a", "x")]
    assert fields[0].type == "number"


def test_the_same_name_with_another_id_is_added() -> None:
    fields = add_fields((), [Text(name="a", id="x"), Text(name="a", id="y")])
    assert names(fields) == [("a", "x"), ("a", "y")]


def test_fields_without_a_name_do_not_replace_each_other() -> None:
    fields = add_fields((), [Text(name=""), Text(name="")])
    assert len(fields) == 2
    assert fields[0].id != fields[1].id

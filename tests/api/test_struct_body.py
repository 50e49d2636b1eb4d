"""Binding to a shape, as PocketBase 0.40.6 answers."""

from __future__ import annotations

from typing import Any

import pytest

from pbpy.api.struct_body import Shape, WrongKind, bind_form, bind_json, bind_xml, shape_of
from pbpy.settings.model import RateLimits, Settings

SHAPE: Shape = {
    "identity": "text",
    "count": "integer",
    "ratio": "number",
    "flag": "bool",
    "names": "texts",
    "any": "json",
    "smtp": {"host": "text", "port": "integer"},
}


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (None, {}),
        ({}, {}),
        ({"IDENTITY": "a", "unknown": 1}, {"identity": "a"}),
        ({"identity": None, "count": None}, {}),
        ({"count": 3}, {"count": 3}),
        ({"iden_tity": "a", "NA-MES": []}, {"identity": "a", "names": []}),
        ({"ratio": 1}, {"ratio": 1}),
        ({"names": ["a", None]}, {"names": ["a", ""]}),
        ({"any": None}, {"any": None}),
        ({"Any": [1, {"x": 2}]}, {"any": [1, {"x": 2}]}),
        ({"SMTP": {"Host": "h", "PORT": 25, "x": 1}}, {"smtp": {"host": "h", "port": 25}}),
    ],
)
def test_binds_json(value: Any, bound: dict[str, Any]) -> None:
    assert bind_json(value, SHAPE) == bound


@pytest.mark.parametrize(
    "value",
    [
        [1],
        "text",
        1,
        True,
        {"identity": 1},
        {"identity": ["a"]},
        {"count": "1"},
        {"count": 1.5},
        {"count": 3.0},
        {"count": True},
        {"flag": 1},
        {"names": "a"},
        {"names": [1]},
        {"smtp": "x"},
        {"smtp": {"port": "25"}},
        {"identity": "a", "Identity": "b"},
        {"identity": "a", "identi-ty": "a"},
    ],
)
def test_refuses_json_of_another_kind(value: Any) -> None:
    with pytest.raises(WrongKind):
        bind_json(value, SHAPE)


@pytest.mark.parametrize(
    ("values", "bound"),
    [
        ({"identity": ["a", "b"], "Identity": ["c"]}, {"identity": "a"}),
        ({"Identity": ["a"]}, {}),
        ({"flag": [""]}, {"flag": False}),
        ({"flag": ["T"]}, {"flag": True}),
        ({"count": ["0x10"]}, {"count": 16}),
        ({"count": ["-010"]}, {"count": -8}),
        ({"count": [""]}, {"count": 0}),
        ({"ratio": ["1e3"]}, {"ratio": 1000.0}),
        ({"names": ["a", "b"]}, {"names": ["a", "b"]}),
        ({"any": ["12"]}, {"any": 12}),
        ({"smtp.host": ["h"], "smtp.port": ["25"]}, {"smtp": {"host": "h", "port": 25}}),
    ],
)
def test_binds_a_form(values: dict[str, list[str]], bound: dict[str, Any]) -> None:
    assert bind_form(values, SHAPE) == bound


@pytest.mark.parametrize(
    "values", [{"flag": ["yes"]}, {"count": ["1.5"]}, {"count": [" 1"]}, {"ratio": ["x"]}]
)
def test_refuses_form_values_of_another_kind(values: dict[str, list[str]]) -> None:
    with pytest.raises(WrongKind):
        bind_form(values, SHAPE)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        (b"<x><Identity>a</Identity><Count>2</Count></x>", {"identity": "a", "count": 2}),
        (b"<x><identity>a</identity></x>", {}),
        (b'<x xmlns="u:v"><Identity>a</Identity></x>', {"identity": "a"}),
        (b"<x><Identity>a</Identity><Identity>b</Identity></x>", {"identity": "b"}),
        (b'<x Identity="a"/>', {}),
        (b"<x><Identity>a</Identity></x> trailing <y", {"identity": "a"}),
    ],
)
def test_binds_xml_by_the_names_of_go_fields(text: bytes, bound: dict[str, Any]) -> None:
    assert bind_xml(text, SHAPE) == bound


@pytest.mark.parametrize(
    "text",
    [
        b"<x>",
        b"junk",
        b"",
        b'<!DOCTYPE a [<!ENTITY e "v">]><x><Identity>&e;</Identity></x>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><x/>',
    ],
)
def test_refuses_xml(text: bytes) -> None:
    with pytest.raises(WrongKind):
        bind_xml(text, SHAPE)


def test_the_shape_of_a_struct_has_its_json_keys_and_nested_shapes() -> None:
    shape: Any = shape_of(Settings)
    assert list(shape)[:3] == ["superuserIPs", "smtp", "backups"]
    assert shape["meta"]["appURL"] == "text"
    assert shape["backups"]["s3"]["forcePathStyle"] == "bool"
    assert shape["logs"]["maxDays"] == "integer"
    assert shape_of(RateLimits) == {"excludedIPs": "texts", "enabled": "bool"}

"""Struct binding: keys, nulls, types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from pbpy.binding import BindError, Struct, json_key


@dataclass(frozen=True, slots=True)
class Inner(Struct):
    user_info_url: str = ""
    secret: str = ""

    hidden: ClassVar[tuple[str, ...]] = ("secret",)


@dataclass(frozen=True, slots=True)
class Outer(Struct):
    name: str = ""
    is_on: bool = False
    size: int = 0
    rule: str | None = None
    choice: bool | None = None
    names: tuple[str, ...] = ()
    inner: Inner = Inner()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exact(Struct):
    max_size: int = 0

    folds_keys: ClassVar[bool] = False


FULL = Outer(
    name="n",
    is_on=True,
    size=3,
    rule="",
    choice=False,
    names=("a",),
    inner=Inner("http://x", "s"),
    extra={"k": [1]},
)


def test_keys_are_camel_case_with_url_in_capitals() -> None:
    assert json_key("user_info_url") == "userInfoURL"
    assert json_key("name") == "name"


def test_what_is_not_submitted_stays() -> None:
    assert FULL.merged({"name": "m", "unknown": 1}) == FULL.merged({"NAME": "m"})
    assert FULL.merged({"name": "m"}).inner is FULL.inner
    assert FULL.merged({}) is FULL
    assert FULL.merged(None) is FULL


def test_keys_match_in_any_case_with_dashes_and_underscores() -> None:
    merged = FULL.merged({"IS_ON": False, "Inner": {"user-info-URL": "u"}})
    assert (merged.is_on, merged.inner.user_info_url) == (False, "u")


def test_keys_of_an_exact_struct_match_exactly() -> None:
    assert Exact(1).merged({"maxsize": 2, "MaxSize": 3, "max_size": 4}) == Exact(1)
    assert Exact(1).merged({"maxSize": 2}) == Exact(2)


def test_nested_structs_merge_and_lists_are_replaced() -> None:
    merged = FULL.merged({"inner": {"secret": "t"}, "names": ["b", None], "extra": {"a": 1}})
    assert merged.inner == Inner("http://x", "t")
    assert merged.names == ("b", "")
    assert list(merged.extra.items()) == [("a", 1), ("k", [1])]


def test_null_gives_the_zero_value() -> None:
    nulls = dict.fromkeys(FULL.to_json(with_hidden=True))
    assert FULL.merged(nulls) == Outer()


@pytest.mark.parametrize(
    "body",
    [
        {"name": 1},
        {"isOn": 1},
        {"isOn": "true"},
        {"size": "1"},
        {"size": 1.0},
        {"size": True},
        {"size": 2**63},
        {"rule": False},
        {"choice": 0},
        {"names": "a"},
        {"names": [1]},
        {"inner": []},
        {"inner": {"secret": 5}},
        {"extra": "x"},
        [],
        "text",
    ],
    ids=str,
)
def test_another_json_type_is_refused(body: object) -> None:
    with pytest.raises(BindError):
        FULL.merged(body)


def test_json_has_the_declared_order_and_hides_what_is_hidden() -> None:
    shown = FULL.to_json(with_hidden=False)
    assert list(shown) == [
        "name", "isOn", "size", "rule", "choice", "names", "inner", "extra",
    ]  # fmt: skip
    assert shown["inner"] == {"userInfoURL": "http://x"}
    assert FULL.to_json(with_hidden=True)["inner"] == {"userInfoURL": "http://x", "secret": "s"}
    assert Inner().to_json(with_hidden=True) == {"userInfoURL": ""}


def test_the_stored_form_gives_the_same_value_again() -> None:
    assert Outer().merged(FULL.to_json(with_hidden=True)) == FULL


def test_a_type_without_a_rule_is_a_defect() -> None:
    @dataclass(frozen=True, slots=True)
    class Strange(Struct):
        value: bytes = b""

    with pytest.raises(TypeError):
        Strange().merged({"value": "x"})

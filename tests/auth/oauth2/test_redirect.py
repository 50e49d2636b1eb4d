from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.auth.oauth2.redirect import OAuth2Redirect, RedirectNames, parse_name

ANN = json.dumps({"name": {"firstName": "Ann", "lastName": "Lee"}})


def test_a_name_is_taken_once() -> None:
    names = RedirectNames()
    names.keep("code", ANN)
    assert names.take("other") == ""
    assert names.take("code") == "Ann Lee"
    assert names.take("code") == ""


def test_a_name_waits_for_one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 59.9, 100.0, 160.1])
    monkeypatch.setattr("time.monotonic", lambda: next(moments))
    names = RedirectNames()
    names.keep("in time", ANN)
    assert names.take("in time") == "Ann Lee"
    names.keep("late", ANN)
    assert names.take("late") == ""


def test_names_do_not_pile_up() -> None:
    names = RedirectNames()
    for number in range(1500):
        names.keep(f"code {number}", ANN)
    names.keep("x" * 1001, ANN)
    assert len(names._names) == 1000
    assert names.take("code 0") == ""
    assert names.take("code 1499") == "Ann Lee"


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (ANN, "Ann Lee"),
        ('{"name":{"firstName":"Ann"}}', "Ann"),
        ('{"name":{"lastName":"Lee","firstName":null}}', "Lee"),
        ('{"name":{"firstName":1}}', ""),
        ('{"name":"Ann"}', ""),
        ('{"name":null}', ""),
        ("{}", ""),
        ("[]", ""),
        ("", ""),
        ("{", ""),
        (json.dumps({"name": {"firstName": "x" * 200}}), "x" * 150),
    ],
)
def test_names_are_read(user: str, name: str) -> None:
    assert parse_name(user) == name


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_text_breaks_the_reader(user: str) -> None:
    assert len(parse_name(user)) <= 150


def test_the_message_names_an_error_only_where_there_is_one() -> None:
    assert OAuth2Redirect("s", "c").to_json() == {"state": "s", "code": "c"}
    failed = OAuth2Redirect("s", "", "denied")
    assert failed.to_json() == {"state": "s", "code": "", "error": "denied"}
    assert not failed.is_success

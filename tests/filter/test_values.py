from __future__ import annotations

import re

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.filter.compare import fold
from pbpy.filter.values import like_pattern


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("abc", "%abc%"),
        ("", "%%"),
        ("100%", "100%"),
        ("%a", "%a"),
        (r"100\%", r"%100\%%"),
        ("a_b", r"%a\_b%"),
        (r"a\_b", r"%a\_b%"),
        (r"a\b", r"%a\\b%"),
        (1.0, "%1%"),
        (1.5, r"%1.5%"),
        (1e21, "%1000000000000000000000%"),
        (1e-7, "%0.0000001%"),
        (True, "%true%"),
        (None, "%%"),
        (b"x", "%x%"),
    ],
)
def test_patterns(value: str | float | bytes | None, pattern: str) -> None:
    assert like_pattern(value) == pattern


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%_\\\0")))
def test_a_plain_text_is_found_inside(value: str) -> None:
    (found,) = apsw.Connection(":memory:").execute(
        "SELECT ? LIKE ? ESCAPE '\\'", (f"before {value} after", like_pattern(value))
    )
    assert found == (1,)


_values = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=False), st.integers(-5, 5), st.text("ab\u00e91 ")
)


@given(st.sampled_from(["<", "<=", ">", ">="]), _values, _values)
def test_plain_values_compare_as_in_sqlite(
    op: str, left: str | float | None, right: str | float | None
) -> None:
    (row,) = apsw.Connection(":memory:").execute(f"SELECT ? {op} ?", (left, right))
    assert fold(op, left, right) == bool(row[0])


@given(_values, _values)
def test_plain_equality_takes_null_for_empty(
    left: str | float | None, right: str | float | None
) -> None:
    (row,) = apsw.Connection(":memory:").execute(
        "SELECT COALESCE(?, '') = COALESCE(?, '')", (left, right)
    )
    assert fold("=", left, right) == bool(row[0])
    assert fold("!=", left, right) != bool(row[0])


def test_patterns_are_left_to_sqlite() -> None:
    assert fold("~", "a", "b") is None
    assert re.fullmatch(r"%a%", like_pattern("a"))

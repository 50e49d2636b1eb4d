from __future__ import annotations

import pytest

from pbpy.errors import FilterError
from pbpy.filter.sort import SortTerm, parse_sort


def test_terms_have_a_direction() -> None:
    assert parse_sort("-created, +name ,id") == (
        SortTerm("created", True),
        SortTerm("name", False),
        SortTerm("id", False),
    )


def test_no_sort_is_no_term() -> None:
    assert parse_sort("") == ()


@pytest.mark.parametrize("text", [",".join("a" * 9), "x" * 256, "é" * 128])
def test_limits(text: str) -> None:
    with pytest.raises(FilterError):
        parse_sort(text)


def test_empty_terms_stay_for_the_resolver_to_refuse() -> None:
    assert [term.name for term in parse_sort("a,,-")] == ["a", "", ""]

"""Patterns take time linear in the text."""

from __future__ import annotations

import pytest

from pbpy.fields.patterns import pattern_error, pattern_matches


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "(.*a){20}$", "^(\\w+\\s?)*$"])
def test_no_pattern_backtracks(pattern: str) -> None:
    assert not pattern_matches(pattern, "a" * 20_000 + "!")


def test_a_pattern_is_looked_for_anywhere() -> None:
    assert pattern_matches("b", "abc")
    assert not pattern_matches("^b", "abc")


def test_a_broken_pattern_matches_nothing() -> None:
    assert not pattern_matches("(", "(")
    assert pattern_error("(") == "error parsing regexp: missing closing ): `(`"

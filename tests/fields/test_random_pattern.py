"""Generated texts match their pattern."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from pbpy.fields.patterns import pattern_matches
from pbpy.fields.random_pattern import PatternError, generate_text


@pytest.mark.parametrize(
    "pattern",
    [
        "[a-z0-9]{15}",
        "[a-zA-Z0-9]{50}",
        "abc",
        "a|bc|d{2}",
        "(a|b)+c?",
        "(?:x[yz]){2,4}",
        "(?P<name>\\d{3})-\\w\\s",
        "[^a-z]",
        "[[:upper:][:digit:]]{4}",
        "[\\d\\-x]{3}",
        "[]a]",
        "[a-]",
        "\\x41\\x{263a}\\101\\n\\.",
        "\\Qa.b\\E+",
        "a{,3}",
        "a{x",
        "(?i)abc[d-f]{5}",
        "(?i:a)b",
        "a*?b+?",
        ".{20}",
        "é{2}",
        "[\u03b1-\u03c9]{10}",
    ],
)
def test_generated_texts_match(pattern: str) -> None:
    for _ in range(20):
        assert pattern_matches(f"^(?:{pattern})$", generate_text(pattern))


@pytest.mark.parametrize(
    "pattern", ["(", "^a", "a$", "\\bA", "a|", "()", "\\pL", "[^\\x00-\\x{10FFFF}]"]
)
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        generate_text(pattern)


def test_open_repeats_end_below_six() -> None:
    lengths = {len(generate_text("a*")) for _ in range(300)}
    assert lengths == {0, 1, 2, 3, 4, 5}


def test_every_character_of_a_class_is_equally_likely() -> None:
    counts = Counter(generate_text("(?:[a-cx]{1000}){1}") + generate_text("[acbx]{1000}"))
    assert set(counts) == set("abcx")
    assert all(400 < count < 600 for count in counts.values())


def test_ids_do_not_repeat() -> None:
    ids = {generate_text("[a-z0-9]{15}") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch("[a-z0-9]{15}", item) for item in ids)

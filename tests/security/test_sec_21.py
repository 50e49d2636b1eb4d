"""SEC-21: every character of a generated text is equally likely."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from pbpy.fields.random_pattern import generate_text
from pbpy.ids import ALPHANUMERIC, LOWER_ALPHANUMERIC, random_text

DRAWS = 200_000


def assert_even(text: str, alphabet: str) -> None:
    counts = Counter(text)
    assert set(counts) == set(alphabet)
    expected = len(text) / len(alphabet)
    worst = max(abs(count - expected) for count in counts.values())
    # six standard deviations: once in millions of runs
    assert worst < 6 * math.sqrt(expected)


@pytest.mark.parametrize("alphabet", ["1234567890", LOWER_ALPHANUMERIC, ALPHANUMERIC, "abc", "ab"])
def test_texts(alphabet: str) -> None:
    assert_even(random_text(DRAWS, alphabet), alphabet)


def test_patterns() -> None:
    text = "".join(generate_text("[a-z0-9]{50}") for _ in range(DRAWS // 50))
    assert_even(text, LOWER_ALPHANUMERIC)

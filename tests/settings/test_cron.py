"""Cron expressions: what is taken and why something is not; more in the differential tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.settings.cron import InvalidCron, check_cron

RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]


@st.composite
def parts(draw: st.DrawFn, low: int, high: int) -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, high))
    return draw(st.sampled_from(["*", f"*/{step}", f"{first}", f"{first}-{last}"])) or "*"


expressions = st.tuples(
    *(st.lists(parts(*ends), min_size=1, max_size=3).map(",".join) for ends in RANGES)
).map(" ".join)


@given(expressions)
def test_what_stays_within_the_ranges_is_taken(expression: str) -> None:
    check_cron(expression)


@given(st.integers(0, 4), st.booleans())
def test_a_value_outside_of_its_range_is_refused(position: int, below: bool) -> None:
    segments = ["*"] * 5
    low, high = RANGES[position]
    segments[position] = f"{high + 1}-{high + 2}" if not below or low == 0 else f"{low - 1}-{high}"
    with pytest.raises(InvalidCron, match="range minimum"):
        check_cron(" ".join(segments))


@given(st.text(st.sampled_from("*0123456789,-/ @a"), max_size=20))
def test_every_text_is_taken_or_refused(text: str) -> None:
    try:
        check_cron(text)
    except InvalidCron as error:
        assert str(error)

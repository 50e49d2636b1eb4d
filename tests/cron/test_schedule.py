"""Cron expressions: what is taken, when it is due, and why something is refused.

What PocketBase takes and refuses is compared in tests/differential/test_crons.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.cron.schedule import InvalidCron, Schedule, parse_schedule

RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]


@st.composite
def parts(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    """Draw a part of a segment, and the values that it means."""
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, high))
    spans = {
        "*": set(range(low, high + 1)),
        f"*/{step}": {value for value in range(low, high + 1) if (value - low) % step == 0},
        f"{first}": {first},
        f"{first}-{last}": set(range(first, last + 1)),
        f"{first}-{last}/{step}": {
            value for value in range(first, last + 1) if (value - first) % step == 0
        },
    }
    return draw(st.sampled_from(sorted(spans.items(), key=lambda item: item[0])))


@st.composite
def segments(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    """Draw a list of parts, and the values that it means."""
    drawn = draw(st.lists(parts(low, high), min_size=1, max_size=3))
    return ",".join(text for text, _ in drawn), set().union(*(values for _, values in drawn))


expressions = st.tuples(*(segments(*ends) for ends in RANGES))
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def sets(schedule: Schedule) -> list[frozenset[int]]:
    return [
        schedule.minutes,
        schedule.hours,
        schedule.days,
        schedule.months,
        schedule.weekdays,
    ]


@given(expressions, moments)
def test_an_expression_means_what_it_says(
    drawn: tuple[tuple[str, set[int]], ...], moment: datetime
) -> None:
    expression = " ".join(text for text, _ in drawn)
    schedule = parse_schedule(expression)
    assert schedule.expression == expression
    assert sets(schedule) == [values for _, values in drawn]
    present = (moment.minute, moment.hour, moment.day, moment.month, int(f"{moment:%w}"))
    is_due = all(value in values for value, (_, values) in zip(present, drawn, strict=True))
    assert schedule.is_due(moment) == is_due


@pytest.mark.parametrize(
    ("macros", "written_out"),
    [
        ("@yearly @annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily @midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
    ],
)
def test_macros_are_written_out(macros: str, written_out: str) -> None:
    for macro in macros.split():
        assert parse_schedule(macro) == parse_schedule(written_out)
        assert parse_schedule(macro).expression == written_out


@pytest.mark.parametrize(
    ("expression", "first", "count"),
    [
        ("@hourly", "2024-01-01 00:00", 366 * 24),
        ("0 0 29 2 *", "2024-02-29 00:00", 1),
        ("30 6 * * 0", "2024-01-07 06:30", 52),
        ("0 12 13 * 5", "2024-09-13 12:00", 2),  # both the day and the weekday
        ("*/7 22-23 31 12 *", "2024-12-31 22:00", 18),
    ],
)
def test_due_minutes_of_a_year(expression: str, first: str, count: int) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    schedule = parse_schedule(expression)
    minutes = (start + timedelta(minutes=number) for number in range(366 * 24 * 60))
    due = [minute for minute in minutes if schedule.is_due(minute)]
    assert (f"{due[0]:%Y-%m-%d %H:%M}", len(due)) == (first, count)


@given(st.integers(0, 4), st.booleans())
def test_a_value_outside_of_its_range_is_refused(position: int, below: bool) -> None:
    segments = ["*"] * 5
    low, high = RANGES[position]
    segments[position] = f"{high + 1}-{high + 2}" if not below or low == 0 else f"{low - 1}-{high}"
    with pytest.raises(InvalidCron, match="range minimum"):
        parse_schedule(" ".join(segments))


@given(st.text(st.sampled_from("*0123456789,-/ @a"), max_size=20))
def test_every_text_is_taken_or_refused(text: str) -> None:
    try:
        parse_schedule(text)
    except InvalidCron as error:
        assert str(error)


def test_numbers_of_any_length() -> None:
    assert parse_schedule("0" * 10_000 + "7 * * * *").minutes == {7}
    with pytest.raises(InvalidCron, match="value out of range"):
        parse_schedule("9" * 10_000 + " * * * *")

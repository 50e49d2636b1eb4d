"""Dates: the plain form is kept, everything else becomes it or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.fields import Date
from pbpy.fields.date_text import format_moment, parse_date

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST, LAST = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001  # hypothesis adds zones
MOMENTS = st.datetimes(FIRST, LAST, timezones=ZONES)


@given(MOMENTS)
def test_a_moment_becomes_utc_with_milliseconds_cut(moment: datetime) -> None:
    expected = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds") + "Z"
    assert format_moment(moment) == expected
    assert parse_date(moment.isoformat()) == expected
    assert parse_date(expected) == expected
    assert Date("d").normalize(moment) == expected


@given(st.text(max_size=40))
def test_no_text_is_fatal(text: str) -> None:
    parse_date(text)


def test_a_naive_moment_counts_as_utc() -> None:
    assert format_moment(datetime(2022, 1, 2, 3, 4, 5)) == "2022-01-02 03:04:05.000Z"  # noqa: DTZ001


@pytest.mark.parametrize("raw", [5, 1.5, True, [], {}, b"2022-01-01", None])
def test_other_types_are_no_date(raw: object) -> None:
    assert Date("d").normalize(raw) == ""

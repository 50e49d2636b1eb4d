"""Timestamps as PocketBase writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pbpy.datetimes import format_datetime, now, now_us


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2022, 1, 1, 10, 0, 0, 123_999, UTC), "2022-01-01 10:00:00.123Z"),
        (datetime(2022, 1, 1, tzinfo=UTC), "2022-01-01 00:00:00.000Z"),
        (
            datetime(2022, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            "2021-12-31 23:00:00.000Z",
        ),
        (datetime(1, 1, 1, 0, 0, 0, 1000, UTC), "0001-01-01 00:00:00.001Z"),
    ],
)
def test_moments_are_written_in_utc_and_cut_to_milliseconds(moment: datetime, text: str) -> None:
    assert format_datetime(moment) == text


def test_now_is_the_present() -> None:
    before = format_datetime(datetime.now(UTC))
    text = now()
    assert before <= text <= format_datetime(datetime.now(UTC))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z", text)
    assert abs(now_us() / 1_000_000 - datetime.now(UTC).timestamp()) < 1

"""Range and conditional headers, case by case as PocketBase 0.40.6 answers for ten bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.api.byte_ranges import (
    ByteRange,
    InvalidRange,
    check_conditions,
    format_http_date,
    parse_ranges,
    range_is_current,
)

MODIFIED = 1_700_000_000.5
NOW = format_http_date(MODIFIED).encode()
EARLIER = b"Fri, 01 Jan 1999 00:00:00 GMT"


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("", []),
        ("bytes=", []),
        ("bytes=0-4", [(0, 5)]),
        ("bytes=-4", [(6, 4)]),
        ("bytes=-100", [(0, 10)]),
        ("bytes=-0", [(10, 0)]),
        ("bytes=0-", [(0, 10)]),
        ("bytes=5-100", [(5, 5)]),
        ("bytes= 1-2", [(1, 2)]),
        ("bytes=0-4,", [(0, 5)]),
        ("bytes=0-0,2-3", [(0, 1), (2, 2)]),
        ("bytes=0-0,100-200", [(0, 1)]),
    ],
)
def test_parses(header: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_ranges(header, 10) == [ByteRange(*item) for item in ranges]


@pytest.mark.parametrize(
    ("header", "overlaps"),
    [
        ("bytes=100-", False),
        ("bytes=10-", False),
        ("bytes=4-2", True),
        ("bytes=abc", True),
        ("items=0-1", True),
        ("bytes=--1", True),
        ("bytes=-", True),
        ("bytes=a-1", True),
        ("bytes=1-a", True),
        ("bytes=" + "9" * 30 + "-", True),
    ],
)
def test_refuses(header: str, overlaps: bool) -> None:
    with pytest.raises(InvalidRange) as caught:
        parse_ranges(header, 10)
    assert caught.value.overlaps is overlaps


@given(st.text("bytes=0123456789-, ", max_size=30), st.integers(1, 100))
def test_every_range_lies_inside(header: str, size: int) -> None:
    try:
        ranges = parse_ranges("bytes=" + header, size)
    except InvalidRange:
        return
    assert all(0 <= item.start <= item.start + item.length <= size for item in ranges)


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, "send"),
        ({b"if-modified-since": NOW}, "not modified"),
        ({b"if-modified-since": EARLIER}, "send"),
        ({b"if-modified-since": b"x"}, "send"),
        ({b"if-unmodified-since": EARLIER}, "failed"),
        ({b"if-unmodified-since": NOW}, "send"),
        ({b"if-none-match": b"*"}, "not modified"),
        ({b"if-none-match": b'"x"'}, "send"),
        ({b"if-none-match": b'"x"', b"if-modified-since": NOW}, "send"),
        ({b"if-match": b"*"}, "send"),
        ({b"if-match": b'"x"'}, "failed"),
    ],
)
def test_conditions(headers: dict[bytes, bytes], verdict: str) -> None:
    assert check_conditions(headers, MODIFIED) == verdict


@pytest.mark.parametrize(
    ("condition", "current"), [(NOW, True), (EARLIER, False), (b'"x"', False), (b"", True)]
)
def test_if_range(condition: bytes, current: bool) -> None:
    assert range_is_current({b"if-range": condition}, MODIFIED) is current


def test_tags_are_compared_weakly_and_for_ranges_strongly() -> None:
    assert check_conditions({b"if-none-match": b'W/"a", "b"'}, MODIFIED, '"a"') == "not modified"
    assert range_is_current({b"if-range": b'"a"'}, MODIFIED, '"a"')
    assert not range_is_current({b"if-range": b'W/"a"'}, MODIFIED, 'W/"a"')

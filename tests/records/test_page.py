"""Paging parameters; the cases were answered by PocketBase 0.40.6."""

from __future__ import annotations

import pytest

from pbpy.errors import BadRequest
from pbpy.records.page import UNKNOWN, Page, parse_page


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("", 1),
        ("1", 1),
        ("+1", 1),
        ("01", 1),
        ("-5", 1),
        ("0", 1),
        ("7", 7),
        (str(2**63 - 1), 2**63 - 1),
    ],
)
def test_page(text: str, page: int) -> None:
    assert parse_page({"page": text}).page == page


@pytest.mark.parametrize(
    ("text", "per_page"), [("", 30), ("0", 30), ("-1", 30), ("5", 5), ("9999", 1000), ("+3", 3)]
)
def test_per_page(text: str, per_page: int) -> None:
    assert parse_page({"perPage": text}).per_page == per_page


@pytest.mark.parametrize(
    "text", [" 1", "1 ", "1.5", "1_0", "0x1", "abc", "٣", str(2**63), "9" * 400]
)
@pytest.mark.parametrize("name", ["page", "perPage"])
def test_no_integer_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadRequest):
        parse_page({name: text})


@pytest.mark.parametrize("text", ["1", "t", "T", "TRUE", "true", "True"])
def test_skip_total(text: str) -> None:
    assert parse_page({"skipTotal": text}).skip_total


@pytest.mark.parametrize("text", ["", "0", "f", "F", "FALSE", "false", "False"])
def test_no_skip_total(text: str) -> None:
    assert not parse_page({"skipTotal": text}).skip_total


@pytest.mark.parametrize("text", ["yes", "tRUE", " true", "2"])
def test_no_bool_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_page({"skipTotal": text})


def test_offset_overflows_as_go_does() -> None:
    assert Page(page=3, per_page=30).offset == 60
    assert Page(page=2**63 - 1, per_page=30).offset == 0
    assert Page(page=307445734561825861, per_page=30).offset == 30 * 307445734561825860


@pytest.mark.parametrize(("total", "pages"), [(0, 0), (1, 1), (30, 1), (31, 2), (UNKNOWN, UNKNOWN)])
def test_envelope_counts_pages(total: int, pages: int) -> None:
    envelope = Page().envelope([], total)
    assert list(envelope) == ["items", "page", "perPage", "totalItems", "totalPages"]
    assert envelope["totalPages"] == pages

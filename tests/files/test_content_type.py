"""Content types, against those PocketBase 0.40.6 found in the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.files.content_type import ContentType, sniff_content_type
from tests.files.samples import SAMPLES

TYPES: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "answers" / "types.json").read_text()
)


def test_every_sample_has_an_answer() -> None:
    assert list(TYPES) == list(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_files_have_the_type_that_pocketbase_finds(name: str) -> None:
    found = sniff_content_type(SAMPLES[name])
    assert [found.value, found.extension] == TYPES[name]


@given(st.binary(max_size=5000))
def test_no_content_is_fatal(data: bytes) -> None:
    assert "/" in sniff_content_type(data).value


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 5000), st.binary(max_size=5))
def test_no_damaged_file_is_fatal(name: str, at: int, damage: bytes) -> None:
    data = SAMPLES[name]
    sniff_content_type(data[:at] + damage + data[at + len(damage) :])
    sniff_content_type(data[:at])


@pytest.mark.parametrize(
    ("own", "expected", "same"),
    [
        ("text/plain; charset=utf-8", "text/plain", True),
        ("text/plain; charset=utf-8", " Text/Plain ; charset=latin1", True),
        ("application/zip", "application/x-zip-compressed", True),
        ("application/x-zip-compressed", "application/zip", False),
        ("text/html", "text/plain", False),
        ("image/png", "image/*", False),
        ("image/png", "", False),
    ],
)
def test_a_type_matches_its_other_names(own: str, expected: str, same: bool) -> None:
    assert ContentType(own).matches(expected) == same

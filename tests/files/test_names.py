"""Names of stored files, against those PocketBase 0.40.6 gave."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.files.names import extract_extension, make_file_name, to_snake_case

NAMES: dict[str, str] = json.loads((Path(__file__).parent / "answers" / "names.json").read_text())
RANDOM = "[a-z0-9]{10}"


def base_name(original: str) -> str:
    """Return what a multipart form makes of a file name before PocketBase sees it."""
    return original.rstrip("/").rpartition("/")[2] or "/"


@pytest.mark.parametrize("original", NAMES)
def test_names_have_the_shape_of_pocketbase_names(original: str) -> None:
    made, recorded = make_file_name(base_name(original), ".txt"), NAMES[original]
    shape = re.compile(rf"(.*?)({RANDOM})?_({RANDOM})(\.[^_]*)?")
    match, expected = shape.fullmatch(made), shape.fullmatch(recorded)
    assert match is not None
    assert expected is not None
    assert (match[1], bool(match[2]), match[4]) == (expected[1], bool(expected[2]), expected[4])


@given(st.text(max_size=400), st.sampled_from(["", ".txt"]))
def test_every_name_is_safe(original: str, sniffed: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in original):
        return
    name = make_file_name(original, sniffed)
    assert re.fullmatch(r"[a-z0-9_]+(\.[\w.*\-+=#]{1,20})?", name, re.ASCII)
    assert 14 <= len(name) <= 150
    assert ".." not in name


def test_names_differ() -> None:
    assert len({make_file_name("a.txt", "") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("test", ""),
        ("test.txt", ".txt"),
        ("test.tar.gz", ".tar.gz"),
        ("test.a.tar.gz", ".tar.gz"),
        (".htaccess", ".htaccess"),
        ("a..", ".."),
        ("a.", "."),
    ],
)
def test_extensions(name: str, extension: str) -> None:
    assert extract_extension(name) == extension


@pytest.mark.parametrize(
    ("text", "snake"),
    [
        ("myTestDB", "my_test_db"),
        ("HTMLParser", "htmlparser"),
        ("a-b  c", "a_b_c"),
        ("é", ""),
        ("A1B2", "a1_b2"),
    ],
)
def test_snake_case(text: str, snake: str) -> None:
    assert to_snake_case(text) == snake

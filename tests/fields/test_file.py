"""File: which names and uploads a record may hold."""

from __future__ import annotations

from typing import Any

import pytest

from pbpy.fields import File
from pbpy.files.upload import Upload

TEXT = Upload.from_bytes(b"hello", "a.txt")
OTHER = Upload.from_bytes(b"world!", "b.txt")
PNG = Upload.from_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "c.png")


def code(field: File, value: Any, stored: Any = "") -> str | None:
    error = field.check_against(field.normalize(value), stored)
    return error.code if error else None


def test_a_single_field_keeps_the_last_file() -> None:
    assert File("f").normalize([TEXT, OTHER]) is OTHER
    assert File("f").normalize([TEXT, ["a", "b"], None]) is TEXT


def test_a_multiple_field_keeps_the_first_of_each_name() -> None:
    many = File("f", max_select=3)
    assert many.normalize([TEXT, "x", TEXT, "x", ["y"]]) == (TEXT, "x", "y")


def test_uploads_are_stored_under_their_names() -> None:
    many = File("f", max_select=3)
    value = many.normalize(["old.txt", TEXT])
    assert many.encode(value) == f'["old.txt","{TEXT.name}"]'
    assert many.saved(value) == ("old.txt", TEXT.name)
    assert many.uploads(value) == (TEXT,)
    assert many.names(value) == ("old.txt",)
    assert File("f").encode(TEXT) == TEXT.name


def test_a_name_must_be_stored_already() -> None:
    many = File("f", max_select=3)
    assert code(many, ["a", TEXT], ("a",)) is None
    error = many.check_against(("a", "b"), ("a",))
    assert error is not None
    assert error.to_json() == {
        "code": "validation_invalid_file",
        "message": "Invalid new files: [b].",
        "params": {"invalidFiles": ["b"]},
    }


def test_the_number_of_files_is_limited() -> None:
    assert code(File("f", max_select=2), [TEXT, OTHER, PNG]) == "validation_too_many_files"
    assert code(File("f", max_select=2), [TEXT, OTHER]) is None


def test_the_size_of_each_file_is_limited() -> None:
    error = File("f", max_size=5).check(OTHER)
    assert error is not None
    assert error.to_json() == {
        "code": "validation_file_size_limit",
        "message": "Failed to upload b.txt - the maximum allowed file size is 5 bytes.",
        "params": {"file": "b.txt", "maxSize": 5},
    }
    assert code(File("f", max_size=5), TEXT) is None


@pytest.mark.parametrize(
    ("types", "upload", "allowed"),
    [
        (("image/png",), PNG, True),
        (("IMAGE/PNG ; q=1",), PNG, True),
        (("image/png", "image/jpeg"), TEXT, False),
        (("text/plain",), TEXT, True),
        (("text/plain; charset=utf-8",), TEXT, True),
        (("text/html",), TEXT, False),
    ],
)
def test_the_content_decides_about_the_type(
    types: tuple[str, ...], upload: Upload, allowed: bool
) -> None:
    error = File("f", mime_types=types).check(upload)
    assert (error is None) == allowed
    if error:
        assert error.code == "validation_invalid_mime_type"
        assert error.message == f'"{upload.name}" mime type must be one of: {", ".join(types)}.'


def test_a_changed_upload_name_cannot_leave_its_folder() -> None:
    upload = Upload.from_bytes(b"x", "a.txt")
    for name in ("../x", "a/b", ".hidden", "x" * 151, ""):
        upload.name = name
        assert File("f").check(upload) is not None


def test_required_means_one_file_at_least() -> None:
    assert code(File("f", required=True), []) == "validation_required"
    assert code(File("f", required=True), TEXT) is None


def test_bodies_may_be_as_large_as_all_files_together() -> None:
    assert File("f").max_body_bytes() == 5 << 20
    assert File("f", max_size=10, max_select=3).max_body_bytes() == 30

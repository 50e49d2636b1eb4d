"""Uploads know their name, size and type."""

from __future__ import annotations

import io
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from pbpy.files.upload import Upload

if TYPE_CHECKING:
    from pathlib import Path


def test_an_upload_can_be_read_again_and_again() -> None:
    upload = Upload.from_bytes(b"hello", "Some File.md")
    assert upload.open().read() == b"hello"
    assert upload.open().read() == b"hello"
    assert upload.size == 5
    assert upload.name.startswith("some_file_")
    assert upload.name.endswith(".md")


def test_a_spooled_file_is_an_upload() -> None:
    with SpooledTemporaryFile(max_size=10) as source:
        source.write(b"x" * 5000)
        upload = Upload(cast("BinaryIO", source), "big", 5000)
        assert upload.open().read() == b"x" * 5000
        assert upload.name.endswith(".txt")


def test_the_type_is_that_of_the_content() -> None:
    upload = Upload(io.BytesIO(b"\x89PNG\r\n\x1a\n"), "evil.html", 8)
    assert upload.content_type.value == "image/png"
    assert upload.name.endswith(".html")


def test_a_file_on_disk_is_an_upload(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(b"hi")
    upload = Upload.from_path(path)
    assert (upload.original_name, upload.size) == ("note.txt", 2)
    assert upload.to_json() == {"name": upload.name, "originalName": "note.txt", "size": 2}

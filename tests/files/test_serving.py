"""How files are sent."""

from __future__ import annotations

import pytest

from pbpy.files.serving import content_disposition, file_headers, served_type


@pytest.mark.parametrize(
    ("stored_type", "download", "kind"),
    [
        ("image/png", False, "inline"),
        ("image/png", True, "attachment"),
        ("application/pdf", False, "inline"),
        ("image/svg+xml", False, "attachment"),
        ("text/html; charset=utf-8", False, "attachment"),
        ("application/octet-stream", False, "attachment"),
    ],
)
def test_only_harmless_types_are_shown(stored_type: str, download: bool, kind: str) -> None:
    shown = content_disposition("a.bin", stored_type, download=download)
    assert shown == f'{kind}; filename="a.bin"'


def test_the_shown_name_is_quoted() -> None:
    shown = content_disposition('a"\\b', "image/png", download=False)
    assert shown == 'inline; filename="a\\"\\\\b"'


@pytest.mark.parametrize(
    ("name", "stored_type", "served"),
    [
        ("a.svg", "text/plain; charset=utf-8", "image/svg+xml"),
        ("a.mjs", "text/plain; charset=utf-8", "text/javascript"),
        ("a.css", "text/plain; charset=utf-8", "text/css"),
        (
            "a.docx",
            "application/zip",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("a.SVG", "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("svg", "image/png", "image/png"),
        ("a.png", "text/html; charset=utf-8", "text/html; charset=utf-8"),
    ],
)
def test_some_extensions_decide_about_the_type(name: str, stored_type: str, served: str) -> None:
    assert served_type(name, stored_type) == served


def test_scripts_in_files_are_disarmed() -> None:
    headers = dict(file_headers("a.png", "a_x.png", "image/png", download=False))
    assert headers["Content-Security-Policy"].endswith("sandbox")
    assert headers["Content-Type"] == "image/png"
    assert headers["Cache-Control"] == "max-age=2592000, stale-while-revalidate=86400"

"""Placeholders and the page around a mail."""

from __future__ import annotations

import pytest

from pbpy.mail.html_text import html_to_text
from pbpy.mail.templates import escape_html, fill, wrap

VALUES = {"{APP_NAME}": "Acme", "{TOKEN}": "t", "{RECORD:name}": "{TOKEN}", "{RECORD:a_b1}": "x"}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("", ""),
        ("{APP_NAME} and {APP_NAME}", "Acme and Acme"),
        ("{APP_NAME}{TOKEN}", "Acmet"),
        ("{RECORD:a_b1}", "x"),
        ("{RECORD:unknown} {OTHER} {app_name} {}", "{RECORD:unknown} {OTHER} {app_name} {}"),
        ("{{APP_NAME}}", "{Acme}"),
        ("{APP_NAME", "{APP_NAME"),
        ("\\1 {TOKEN}", "\\1 t"),
    ],
)
def test_placeholders(template: str, filled: str) -> None:
    assert fill(template, VALUES) == filled


def test_a_value_never_becomes_a_placeholder() -> None:
    assert fill("{RECORD:name}", VALUES) == "{TOKEN}"


def test_sec_47_html_is_escaped() -> None:
    assert escape_html("<a href=\"x\">'&'</a>") == (
        "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;"
    )


def test_the_page_shows_the_body_alone() -> None:
    page = wrap("<p>100% {sure}</p>")
    assert html_to_text(page) == "100% {sure}"
    assert ".btn" in page

"""SEC-05: the text part of a mail is made in a time that grows with the length alone."""

from __future__ import annotations

import time

import pytest

from pbpy.mail.html_text import html_to_text

PIECES = [
    "<", "</", "<!--", "<a", "<a ", '<a "', "<a '", "<a href=", '<a href="', "<script>", "<script",
    "<style>a", "<form>", "<b>", "<a>", "<li>", "&", "&#", "&#9", "& <", "<!", "<?", "</a ",
    "<p><a>", "<title", 'href="<', "-->", "<svg ", " ", "<a b='c\"' ",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_half_a_megabyte_of_bad_markup(piece: str) -> None:
    started = time.process_time()
    html_to_text(piece * (500_000 // len(piece)))
    assert time.process_time() - started < 5

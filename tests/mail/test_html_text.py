"""The text part of mails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.mail.html_text import html_to_text

CASES = [
    ("", ""),
    ("plain", "plain"),
    ("  a \n\t b  ", "a b"),
    ("<p>one</p><p>two</p>", "one\r\ntwo"),
    ("<p>one</p>\n\n  <p>two</p>", "one\r\ntwo"),
    ("a<br>b<br/>c", "a\r\nb\r\nc"),
    ("a<br><br>b", "a\r\n\r\nb"),
    ("<b>a</b> <i>b</i><u>c</u>", "a bc"),
    ("<ul><li>a</li><li>b</li></ul>", "- a\r\n- b"),
    ('<a href="https://x.y/?a=1&amp;b=2">go</a>', "[go](https://x.y/?a=1&b=2)"),
    ("<a class='b' HREF='u'>  go <b>now</b> </a>!", "[go now](u)!"),
    ("<a href=u>go</a>", "[go](u)"),
    ("<a>go</a>", "[go]"),
    ('<a href="">go</a>', "[go]"),
    ('<a href="u"></a>', "[LINK](u)"),
    ('<a data-href="no" href="u">go</a>', "[go](u)"),
    ('<a href="u">never closed', "[never closed](u)"),
    ('<a href="u">one<a href="v">two</a>', "[one](u)[two](v)"),
    ("&lt;b&gt; &amp; &#39;x&#39; &eacute;", "<b> & 'x' \u00e9"),
    ("<style>p { color: red }</style>a", "a"),
    ("<SCRIPT>if (a < b) </SCRIPT >a", "a"),
    ("<script>never closed", ""),
    ("<title>t</title>a", "a"),
    ("a<!-- <p>no</p> -->b", "ab"),
    ("a<!-- never closed", "a"),
    ("<!DOCTYPE html><html><head></head><body>a</body></html>", "a"),
    ("<?xml version='1.0'?>a", "a"),
    ("a <button>no <b>way</b></button> b", "a  b"),
    ("<form><form>no</form>no</form>b", "b"),
    ("<svg/>a", "a"),
    ("</button>a</p></a>", "a"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("a <", "a <"),
    ('<p title="a > b">c</p>', "c"),
    ('<p title="never closed>c</p>', ""),
    ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "a\r\nb"),
]


@pytest.mark.parametrize(("html", "text"), CASES)
def test_text_of(html: str, text: str) -> None:
    assert html_to_text(html) == text


@given(st.text(alphabet="<>/!-\"'=&;# abpriscth\n", max_size=200))
def test_every_text_has_one(html: str) -> None:
    html_to_text(html)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="<>&")))
def test_words_are_kept(text: str) -> None:
    assert html_to_text(text).split() == text.split()

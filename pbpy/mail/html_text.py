"""The text part of a mail, made from its HTML in one pass over the characters.

Links become `[label](address)`, list items begin with a dash, blocks stand on lines of their
own. Bad markup is never an error. The time grows with the length alone (SEC-05): no position
is looked at twice, however the tags are nested or left open.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_INLINE: Final = frozenset(
    ("a", "b", "em", "i", "small", "span", "strike", "strong", "sub", "sup", "u")
)
_SKIPPED: Final = frozenset(
    (
        "applet", "button", "form", "iframe", "object", "option", "script", "select", "style",
        "svg", "template", "textarea", "title",
    )
)  # fmt: skip
_RAW: Final = frozenset(("script", "style", "textarea", "title"))
_SPACE: Final = re.compile(r"\s+")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_HREF: Final = re.compile(r"""(?<![^\s"'/])href\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.I)
_LONGEST_TAG: Final = 8192
_NEW_LINE: Final = "\r\n"
_NO_LABEL: Final = "LINK"


def html_to_text(html: str) -> str:
    """Return the visible text of html."""
    writer = _Writer()
    position, end = 0, len(html)
    while position < end:
        start = html.find("<", position)
        if start < 0:
            start = end
        if start > position:
            writer.text(unescape(html[position:start]))
        position = _read_markup(html, start, writer) if start < end else end
    return writer.finish()


def _read_markup(html: str, start: int, writer: _Writer) -> int:
    """Take in the comment, declaration or tag at start; return where it ends."""
    if html.startswith("<!--", start):
        return _after(html, "-->", start + 4)
    closing = html.startswith("</", start)
    name = _NAME.match(html, start + (2 if closing else 1))
    if name is None:
        if html[start + 1 : start + 2] in ("!", "?", "/"):
            return _after(html, ">", start + 1)
        writer.text("<")
        return start + 1
    tag = name[0].lower()
    stop = _tag_end(html, name.end())
    if closing:
        writer.close(tag)
        return stop
    writer.open(tag, html[name.end() : stop])
    if tag in _RAW:
        # What stands inside is no markup; without its end it is the rest of the mail.
        found = html.lower().find(f"</{tag}", stop) if tag in writer.raw_left else -1
        if found < 0:
            writer.raw_left.discard(tag)
        return found if found >= 0 else len(html)
    return stop


def _after(html: str, mark: str, start: int) -> int:
    """Return the position behind the next mark; the end where there is none."""
    found = html.find(mark, start)
    return len(html) if found < 0 else found + len(mark)

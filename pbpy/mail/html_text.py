"""The text part of a mail, made from its HTML in one pass over the characters.

Links become `[label](address)`, list items begin with a dash, blocks stand on lines of their
own. Bad markup is never an error. The time grows with the length alone (SEC-05): every pattern
below takes what it has looked at, up to the end where a closing mark is missing.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    <!--.*?(?:-->|\Z)
    | <(?P<raw>script|style|textarea|title)\b.*?(?:</(?P=raw)[^>]*(?:>|\Z)|\Z)
    | <(?P<close>/?)(?P<tag>[a-z][a-z0-9]*+)
      (?P<attributes>(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^>"'])*+)(?:>|\Z)
    | <[!?/][^>]*+(?:>|\Z)
    | (?P<text>[^<]++|<)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_HREF: Final = re.compile(
    r"""(?<![\w-])href\s*+=\s*+(?:"([^"]*)"?|'([^']*)'?|([^\s"'>]++))""", re.IGNORECASE
)
_SPACE: Final = re.compile(r"\s+")
_INLINE: Final = frozenset(
    ("a", "b", "em", "i", "small", "span", "strike", "strong", "sub", "sup", "u")
)
_HIDDEN: Final = frozenset(
    ("applet", "button", "form", "iframe", "object", "option", "select", "svg", "template")
)
_NEW_LINE: Final = "\r\n"


def html_to_text(html: str) -> str:
    """Return the visible text of html."""
    writer = _Writer()
    for token in _TOKEN.finditer(html):
        if (text := token["text"]) is not None:
            writer.add_text(text)
        elif (tag := token["tag"]) is not None and token["close"]:
            writer.close(tag.lower())
        elif tag is not None:
            writer.open(tag.lower(), token["attributes"])
    return writer.finish()


class _Writer:
    __slots__ = ("_depth", "_hidden", "_href", "_label", "_out", "_within_line")

    def __init__(self) -> None:
        self._out: list[str] = []
        self._label: list[str] | None = None  # of the link that is open
        self._href = ""
        self._within_line = False
        self._hidden = ""  # the hidden element that is open, and how often
        self._depth = 0

    def add_text(self, raw: str) -> None:
        if self._hidden:
            return
        text = _SPACE.sub(" ", _unescaped(raw))
        if not self._within_line:
            text = text.lstrip(" ")
        if text:
            self._put(text)
            self._within_line = True

    def open(self, tag: str, attributes: str) -> None:
        if self._hidden or tag in _HIDDEN:
            if not attributes.endswith("/") and self._hidden in ("", tag):
                self._hidden = tag
                self._depth += 1
            return
        if tag == "br":
            self._break()
        elif tag not in _INLINE:
            self._end_line()
        if tag == "li":
            self._put("- ")
        elif tag == "a":
            self._finish_link()
            found = _HREF.search(attributes)
            self._href = _unescaped(next(filter(None, found.groups()), "")) if found else ""
            self._label = []

    def close(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden:
                self._depth -= 1
                if self._depth == 0:
                    self._hidden = ""
            return
        if tag == "a":
            self._finish_link()
        elif tag not in _INLINE:
            self._end_line()

    def finish(self) -> str:
        self._finish_link()
        return "".join(self._out).strip()

    def _put(self, text: str) -> None:
        (self._out if self._label is None else self._label).append(text)

    def _break(self) -> None:
        self._put(_NEW_LINE)
        self._within_line = False

    def _end_line(self) -> None:
        if self._within_line:
            self._break()

    def _finish_link(self) -> None:
        if self._label is None:
            return
        label = "".join(self._label).strip() or "LINK"
        self._label = None
        self._put(f"[{label}]({self._href})" if self._href else f"[{label}]")
        self._within_line = True


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a character reference of thousands of digits
        return text

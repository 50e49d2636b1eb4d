"""`:excerpt(max, withEllipsis?)`: a short plain text out of HTML.

Source: PocketBase tools/picker/excerpt_modifier.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from pbpy.errors import BadRequest
from pbpy.fields.casts import to_bool

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

_SKIPPED: Final = frozenset(
    [
        "head",
        "style",
        "script",
        "iframe",
        "embed",
        "applet",
        "object",
        "svg",
        "img",
        "picture",
        "dialog",
        "template",
        "button",
        "form",
        "textarea",
        "input",
        "select",
        "option",
    ]
)
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdo",
        "big",
        "br",
        "button",
        "cite",
        "code",
        "em",
        "i",
        "label",
        "q",
        "small",
        "span",
        "strong",
        "strike",
        "sub",
        "sup",
        "time",
    ]
)
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_SPACES: Final = re.compile(r"[ \t\n\r\f]+")
_SEPARATORS: Final = re.compile(r"[\s(),]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]*)?\Z")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """At most max characters of the text in a piece of HTML."""

    max: int
    with_ellipsis: bool = False

    def shorten(self, value: JsonValue) -> JsonValue:
        """Return the excerpt of a text; any other value as it is."""
        if not isinstance(value, str):
            return value
        collector = _TextCollector(self.max)
        collector.feed(value)
        collector.close()
        text = collector.text.strip()
        if len(text) <= self.max:
            return text
        return text[: self.max].strip() + ("..." if self.with_ellipsis else "")


def parse_excerpt(modifier: str) -> Excerpt:
    """Return the modifier written after the colon of a path.

    Raises:
        BadRequest: it is no excerpt, or its arguments are wrong.
    """
    name, *arguments = [part for part in _SEPARATORS.split(modifier) if part] or [""]
    if name != "excerpt" or not 1 <= len(arguments) <= 2 or not _NUMBER.match(arguments[0]):
        raise BadRequest
    limit = int(float(arguments[0]))
    if limit <= 0:
        raise BadRequest
    return Excerpt(limit, len(arguments) > 1 and to_bool(arguments[1]))


class _TextCollector(HTMLParser):
    """Collects the text of a document; block elements are set off by one space.

    PocketBase does not descend into elements once it has more bytes than max + 2.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._limit = limit + 2
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped:
            if tag not in _VOID:
                self._skipped.append(tag)
            return
        if tag not in _SKIPPED and tag not in _INLINE:
            self._space()
        if tag in _VOID:
            return
        if tag in _SKIPPED or len(self.text.encode()) > self._limit:
            self._skipped.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipped:
            while self._skipped.pop() != tag:
                pass
            if self._skipped:
                return
        if not self._skipped and tag not in _SKIPPED and tag not in _INLINE:
            self._space()

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        text = _SPACES.sub(" ", data)
        self.text += text.lstrip(" ") if self.text.endswith(" ") else text

    def _space(self) -> None:
        if not self.text.endswith(" "):
            self.text += " "

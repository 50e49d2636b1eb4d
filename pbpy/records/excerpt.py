"""`:excerpt(max, withEllipsis?)`: a short plain text out of HTML.

Source: PocketBase tools/picker/excerpt_modifier.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from itertools import islice
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
MAX_TOKENS: Final = 100_000
"""How many tags and texts of a document are looked at; nobody else is served meanwhile."""

# Every alternative takes what it has looked at, so the time grows with the length alone.
_TOKEN: Final = re.compile(
    r"""
    (?P<text>(?:[^<]++|<(?![a-z/!?]))++)
    | <!--(?:>|->|.*?(?:--!?>|\Z))
    | <(?P<raw>script|style|textarea|title|iframe|xmp|noembed|noframes)(?=[\s/>])
      .*?(?:</(?P=raw)(?=[\s/>])[^>]*+(?:>|\Z)|\Z)
    | (?P<close></(?P<closed>[a-z][^\s/>]*+)[^>]*+(?:>|\Z))
    | (?P<open><(?P<tag>[a-z][^\s/>]*+)
      (?:[^>"'=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?|["'])*+(?:>|\Z))
    | <[!?/][^>]*+(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
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
        text = _TextCollector(self.max).collect(value)
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


class _TextCollector:
    """Collects the text of a document; block elements are set off by one space.

    PocketBase does not descend into elements once it has more bytes than max + 2.
    """

    __slots__ = ("_bytes", "_limit", "_out", "_skipped", "_skipped_counts", "_wanted", "length")

    def __init__(self, limit: int) -> None:
        self.length = 0
        self._bytes = 0
        self._limit = limit + 2
        self._out: list[str] = []
        self._skipped: list[str] = []
        self._skipped_counts: dict[str, int] = {}
        self._wanted = limit

    def collect(self, html: str) -> str:
        """Return the text, or more than the first `max` characters of it."""
        for token in islice(_TOKEN.finditer(html), MAX_TOKENS):
            kind = token.lastgroup
            if kind == "text":
                self._add(token[0])
                if self.length > self._wanted and not token[0][-1].isspace():
                    break
            elif kind == "open":
                self._open(token["tag"].lower())
            elif kind == "close":
                self._close(token["closed"].lower())
        return "".join(self._out).strip()

    def _open(self, tag: str) -> None:
        if self._skipped:
            if tag not in _VOID:
                self._skip(tag)
            return
        if tag not in _SKIPPED and tag not in _INLINE:
            self._space()
        if tag in _VOID:
            return
        if tag in _SKIPPED or self._bytes > self._limit:
            self._skip(tag)

    def _skip(self, tag: str) -> None:
        self._skipped.append(tag)
        self._skipped_counts[tag] = self._skipped_counts.get(tag, 0) + 1

    def _close(self, tag: str) -> None:
        if self._skipped_counts.get(tag):
            last = ""
            while last != tag:
                last = self._skipped.pop()
                self._skipped_counts[last] -= 1
            if self._skipped:
                return
        if not self._skipped and tag not in _SKIPPED and tag not in _INLINE:
            self._space()

    def _add(self, data: str) -> None:
        if self._skipped:
            return
        text = _SPACES.sub(" ", _unescaped(data))
        self._put(text.lstrip(" ") if self._ends_in_space else text)

    def _space(self) -> None:
        if not self._ends_in_space:
            self._put(" ")

    @property
    def _ends_in_space(self) -> bool:
        return bool(self._out) and self._out[-1][-1] == " "

    def _put(self, text: str) -> None:
        if text:
            self._out.append(text)
            self._bytes += len(text.encode())
            self.length += len(text if self.length else text.lstrip())


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a character reference of thousands of digits
        return text

"""Tokens of the filter language.

Source of the grammar: PocketBase's filter language as its server accepts it. In a text, a
backslash escapes n, t, r, itself and both quotes; before anything else it stands for itself.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from pbpy.errors import FilterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=", "~", "!~")
OPERATORS = frozenset(mark + sign for sign in _COMPARISONS for mark in ("", "?"))

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\n]|//[^\n\0]*)+)
    | (?P<name>[A-Za-z_@\#][A-Za-z0-9_.:]*)(?P<call>\()?
    | (?P<number>[-0-9][0-9]*\.?[0-9]*)
    | (?P<text>'(?>\\[^\0]|[^'\\\0])*+'|"(?>\\[^\0]|[^"\\\0])*+")
    | (?P<placeholder>\{:\w+\})
    | (?P<sign>[=?!<>~]+)
    | (?P<join>[&|]+)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<comma>,)
    """,
    re.VERBOSE,
)
_BRACKET_OR_TEXT = re.compile(r"""[()]|'(?>\\[^\0]|[^'\\\0])*+'|"(?>\\[^\0]|[^"\\\0])*+"|['"]""")

_ESCAPE = re.compile(r"\\([ntr\\\"'])")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}


class Token(NamedTuple):
    """One token; `kind` is a group name of the pattern, `call` for `name(`."""

    kind: str
    text: str
    position: int


def scan(text: str, start: int, end: int) -> Iterator[Token]:
    """Yield the tokens of text[start:end], white space and comments left out.

    After an `open` token the caller continues behind the group with a new scan.

    Raises:
        FilterError: at a character, name, number or operator that the language does not have.
    """
    position = start
    while position < end:
        found = _TOKEN.match(text, position, end)
        if found is None:
            raise _unexpected(text, position, end)
        position = found.end()
        kind = found.lastgroup or ""
        if kind != "space":
            yield _token(kind, found)


def group_ends(text: str) -> dict[int, int]:
    """Return opening -> closing bracket of all groups; nothing where comments may have brackets.

    One look at the text, so that nested groups cost no more than others.
    """
    if "//" in text:
        return {}
    ends: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACKET_OR_TEXT.finditer(text):
        if found.group() == "(":
            opened.append(found.start())
        elif found.group() == ")" and opened:
            ends[opened.pop()] = found.start()
    return ends


def group_end(text: str, start: int, end: int) -> int:
    """Return the position of the bracket that closes the one at start; texts are skipped.

    Raises:
        FilterError: without such a bracket.
    """
    depth = 0
    for found in _BRACKET_OR_TEXT.finditer(text, start, end):
        mark = found.group()
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth == 0:
                return found.start()
        elif len(mark) == 1:
            raise FilterError(f"invalid quoted text {quoted(text[found.start() : end])}")
    raise FilterError(f"invalid formatted group - missing {depth} closing bracket(s)")


def quoted(text: str) -> str:
    """Return text as error messages quote it."""
    return json.dumps(text, ensure_ascii=False)


def _token(kind: str, found: re.Match[str]) -> Token:
    text = found.group("name" if kind == "call" else kind)
    if kind in ("name", "call"):
        _check_name(text)
    elif kind == "number":
        if text == "-" or text[0] == "." or text[-1] == ".":
            raise FilterError(f"invalid number {quoted(text)}")
    elif kind == "text":
        text = _ESCAPE.sub(_unescaped, text[1:-1])
    elif kind == "sign" and text not in OPERATORS:
        raise FilterError(f"invalid sign operator {quoted(text)}")
    elif kind == "join" and text not in ("&&", "||"):
        raise FilterError(f"invalid join operator {quoted(text)}")
    return Token(kind, text, found.start())


def _unescaped(found: re.Match[str]) -> str:
    return _CONTROLS.get(found[1], found[1])


def _check_name(name: str) -> None:
    if name[-1] in ".:" or name in ("_", "@", "#"):
        raise FilterError(f"invalid identifier {quoted(name)}")


def _unexpected(text: str, position: int, end: int) -> FilterError:
    if text[position] in "'\"":
        return FilterError(f"invalid quoted text {quoted(text[position:end])}")
    if text[position] == "/":
        return FilterError("invalid comment")
    return FilterError(f"unexpected character {text[position]!r}")

"""Reading of a view's SELECT: which columns it names, from which tables.

The reader is as rough as PocketBase's: it knows the words of the outermost SELECT and leaves
everything in parentheses alone. What SQLite makes of the query decides in the end.

Source: PocketBase core/view.go identifiersParser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbpy.schema.tokenizer import UnbalancedExpression, split_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each pattern begins where no earlier try has looked, so that hostile texts take linear time.
_COMMENT = re.compile(r"/\*.*?\*/|/\*.*|--[^\n]+", re.DOTALL)
_JOIN = re.compile(
    r"(?<!\s)\s++(?:(?:full|left|right)\s++(?:outer\s++)?|(?:cross|inner|outer)\s++)?join\s",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?<!\s)\s++(?:where|group\s++by|having|order|limit|with)\s", re.IGNORECASE)
_IGNORED = re.compile(
    r"""'[^']*'? | "[^"]*"? | `[^`]*`? | \[[^\]]*\]? | --[^\n]* | /\*.*?\*/ | /\*.*""",
    re.VERBOSE | re.DOTALL,
)
_JOIN_MARK = "__join__"
_TAIL_MARK = "__tail__"
_QUOTES = '`"[];'


class UnreadableSelect(ValueError):
    """A select that the reader cannot take apart."""


@dataclass(frozen=True, slots=True)
class Named:
    """A column or a table: what it is, and the name it goes by."""

    original: str
    alias: str


@dataclass(frozen=True, slots=True)
class SelectParts:
    """The columns of a select and the tables it reads, in their order."""

    columns: tuple[Named, ...]
    tables: tuple[Named, ...]


def trimmed_select(query: str) -> str:
    """Return the query without white space and semicolons around it."""
    return query.strip().strip(";")


def has_several_statements(query: str) -> bool:
    """Whether a semicolon stands outside of quotes; inside a comment it counts as well.

    PocketBase: its own check misses one in parentheses or beside an odd quote in a comment.
    """
    if ";" in _IGNORED.sub("", query):
        return True
    try:
        return len(list(split_tokens(query, ";"))) > 1
    except UnbalancedExpression:
        return False


def read_select(query: str) -> SelectParts:
    """Return the columns and tables of a select.

    Raises:
        UnreadableSelect: an alias is more than one word, or a part is empty.
        UnbalancedExpression: a quote or parenthesis is not closed.
    """
    text = _COMMENT.sub(" ", trimmed_select(query))
    text = _TAIL.sub(f" {_TAIL_MARK} ", _JOIN.sub(f" {_JOIN_MARK} ", text))
    parts: dict[str, list[str]] = {"select": [], "from": [], "join": []}
    part, is_skipping = "", False
    for token in split_tokens(text, ", \n\t", keep_separator=True):
        word = token.strip().lower()
        if word in ("select", "from"):
            part, is_skipping = word, False
        elif word == _JOIN_MARK:
            if part == "join":
                parts["join"].append(",")
            part, is_skipping = "join", False
        elif word == _TAIL_MARK or (part == "join" and word == "on"):
            is_skipping = True
        elif word != "distinct" and part and not is_skipping:
            parts[part].append(token)
    return SelectParts(
        columns=tuple(_names(parts["select"])),
        tables=(*_names(parts["from"]), *_names(parts["join"])),
    )


def _names(tokens: list[str]) -> Iterator[Named]:
    for item in split_tokens(" ".join(tokens), ","):
        yield _name(list(split_tokens(item, " \n\t")))


def _name(words: list[str]) -> Named:
    if len(words) == 1:
        original, alias = words[0], words[0].rpartition(".")[2]
    elif len(words) == 2:
        original, alias = words
    elif len(words) == 3:
        original, link, alias = words
        if link.lower() != "as":
            raise UnreadableSelect(f'invalid identifier part - expected "as", got {link}')
    else:
        raise UnreadableSelect(f"invalid identifier parts [{' '.join(words)}]")
    # SQLite takes a single-quoted word for a name where only a name can stand
    return Named(_unquoted(original, _QUOTES), _unquoted(alias, _QUOTES + "'"))


def _unquoted(name: str, quotes: str) -> str:
    return ".".join(part.strip(quotes) for part in name.split("."))

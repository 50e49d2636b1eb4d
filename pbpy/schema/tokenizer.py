"""Splitting of SQL fragments at separators outside of quotes and parentheses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = "\t\n\v\f\r \x85\xa0"
_QUOTES = "'\"`"


class UnbalancedExpression(ValueError):
    """A quote or a parenthesis is not closed."""


def split_tokens(text: str, separators: str, *, keep_separator: bool = False) -> Iterator[str]:
    """Yield the non-empty parts of text, trimmed of white space that is no separator.

    Args:
        text: a fragment of SQL.
        separators: the characters to split at.
        keep_separator: whether a part ends with the separator that closed it.

    Raises:
        UnbalancedExpression: a quote or parenthesis is still open at the end.
    """
    trimmed = "".join(char for char in _SPACE if char not in separators)
    for start, end, closed in _spans(text, separators):
        token = text[start : end + 1 if closed and keep_separator else end].strip(trimmed)
        if token:
            yield token


def _spans(text: str, separators: str) -> Iterator[tuple[int, int, bool]]:
    """Yield (start, end, ended by a separator) of each part."""
    start = depth = 0
    quote = previous = ""
    for position, char in enumerate(text):
        if previous != "\\":
            if char in _QUOTES:
                quote = "" if quote == char else quote or char
            elif not quote and char == "(":
                depth += 1
            elif not quote and char == ")" and depth:
                depth -= 1
        if char in separators and not depth and not quote:
            yield start, position, True
            start, previous = position + 1, ""
        else:
            previous = char
    if depth or quote:
        part = json.dumps(text[start:], ensure_ascii=False)
        raise UnbalancedExpression(f"unbalanced parenthesis or quoted expression: {part}")
    yield start, len(text), False

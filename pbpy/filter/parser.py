"""Filter text -> tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FilterError
from pbpy.filter.ast import And, Call, Compare, Expr, Number, Or, Path, Term, Text
from pbpy.filter.lexer import Token, group_end, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pbpy.store.sql import SqlValue

MAX_EXPRESSIONS = 200
"""The most comparisons in one filter or rule."""

MAX_DEPTH = 100
"""The most groups inside one another; PocketBase has no such limit, Python's stack does."""

MAX_CALL_DEPTH = 3

_OPERANDS = frozenset(["name", "call", "number", "text", "placeholder"])
_SURROGATES = dict.fromkeys(range(55296, 57344), 65533)


def parse(text: str, params: Mapping[str, SqlValue] | None = None) -> Expr:
    """Return the tree of a filter.

    Args:
        text: the filter.
        params: values of `{:name}` placeholders; only an app developer's filter has them.

    Raises:
        FilterError: the text is no filter, or has more than MAX_EXPRESSIONS comparisons.
    """
    if not text.isascii():
        text = text.translate(_SURROGATES)
    return _Parser(text, params).group(0, len(text), 0)


class _Parser:
    __slots__ = ("_left", "_params", "_text")

    def __init__(self, text: str, params: Mapping[str, SqlValue] | None) -> None:
        self._text = text
        self._params = params
        self._left = MAX_EXPRESSIONS

    def group(self, start: int, end: int, depth: int) -> Expr:
        """Parse text[start:end], the inside of a group or the whole.

        PocketBase: a group is welcome anywhere. It replaces a half-read comparison, and behind
        a whole one it continues with the join read last.
        """
        found: list[tuple[str, Expr]] = []
        tokens = scan(self._text, start, end)
        join = "&&"
        read: list[Term | str] = []  # the left term and the sign of a half-read comparison
        complete = False
        while (token := next(tokens, None)) is not None:
            if token.kind == "open":
                close = group_end(self._text, token.position, end, MAX_DEPTH - depth)
                found.append((join, self.group(token.position + 1, close, depth + 1)))
                tokens = scan(self._text, close + 1, end)
                read, complete = [], True
            elif complete:
                join, complete = _expect(token, "join", "&& or ||"), False
            elif len(read) == 1:
                read.append(_expect(token, "sign", "a sign operator"))
            else:
                read.append(self._term(token, tokens, MAX_CALL_DEPTH))
                if len(read) == 3:
                    found.append((join, self._comparison(*read)))
                    read, complete = [], True
        if not complete:
            raise FilterError(
                "invalid or incomplete filter expression"
                if found or read
                else "empty filter expression"
            )
        return _fold(found)

    def _comparison(self, left: Term | str, sign: Term | str, right: Term | str) -> Compare:
        self._left -= 1
        if self._left < 0:
            raise FilterError("max filter expressions limit reached")
        return Compare(left, sign, right)  # type: ignore[arg-type]  # read in this order

    def _term(self, token: Token, tokens: Iterator[Token], call_depth: int) -> Term:
        match token.kind:
            case "name":
                return Path(token.text, token.position)
            case "text":
                return Text(token.text, token.position)
            case "number":
                return Number(token.text, token.position)
            case "call":
                if call_depth <= 0:
                    raise FilterError(
                        f"max nested function arguments reached (max: {MAX_CALL_DEPTH})"
                    )
                return Call(token.text, self._args(token, tokens, call_depth - 1), token.position)
            case "placeholder" if self._params is not None:
                return self._placeholder(token)
        raise FilterError(
            "expected an operand (identifier, function, text or number), "
            f"got {token.text!r} ({token.kind})"
        )

    def _args(self, call: Token, tokens: Iterator[Token], call_depth: int) -> tuple[Term, ...]:
        args: list[Term] = []
        expect_comma = False
        for token in tokens:
            if token.kind == "close":
                return tuple(args)
            if expect_comma != (token.kind == "comma"):
                raise FilterError(
                    f"expected comma after the last argument in function {call.text!r}"
                    if expect_comma
                    else f"unexpected comma in function {call.text!r}"
                )
            if not expect_comma:
                args.append(self._term(token, tokens, call_depth))
            expect_comma = not expect_comma
        raise FilterError(f"invalid or incomplete function {call.text!r} (expected ')')")

    def _placeholder(self, token: Token) -> Term:
        name = token.text[2:-1]
        if self._params is None or name not in self._params:
            raise FilterError(f"missing value of placeholder {token.text}")
        value = self._params[name]
        if value is None:
            return Path("null", token.position)
        if isinstance(value, bool):
            return Path("true" if value else "false", token.position)
        if isinstance(value, int | float):
            return Number(repr(value), token.position)
        return Text(value if isinstance(value, str) else value.decode(), token.position)


def _expect(token: Token, kind: str, words: str) -> str:
    if token.kind != kind:
        raise FilterError(f"expected {words}, got {token.text!r} ({token.kind})")
    return token.text


def _fold(found: list[tuple[str, Expr]]) -> Expr:
    """Return the tree of joined expressions: && binds tighter than ||."""
    alternatives: list[list[Expr]] = []
    for join, expr in found:
        if join == "&&" and alternatives:
            alternatives[-1].append(expr)
        else:
            alternatives.append([expr])
    either = tuple(items[0] if len(items) == 1 else And(tuple(items)) for items in alternatives)
    return either[0] if len(either) == 1 else Or(either)

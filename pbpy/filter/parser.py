"""Filter text -> tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FilterError
from pbpy.filter.ast import And, Call, Compare, Expr, Number, Or, Path, Term, Text
from pbpy.filter.lexer import Token, group_end, group_ends, quoted, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pbpy.store.sql import SqlValue

MAX_EXPRESSIONS = 200
"""The most comparisons in one filter or rule."""

MAX_DEPTH = 100
"""The most && and || inside one another; PocketBase has no such limit, Python's stack does."""

MAX_CALL_DEPTH = 3

LEFT_OPERAND = "left operand (identifier, function, text or number)"
RIGHT_OPERAND = "right operand (identifier, function text or number)"
"""PocketBase's words for what may stand on each side of an operator."""

_KINDS = {"name": "identifier", "call": "function"}
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
    return _Parser(text, params).parse()


class _Group:
    """A group that is being read, or the whole text.

    Attributes:
        tokens: what is still to be read.
        end: where it ends.
        join: the join before the next expression.
        found: joins and expressions read so far, with their depths.
        read: the left term and the sign of a half-read comparison.
        complete: whether the last thing read was a whole expression.
    """

    __slots__ = ("complete", "end", "found", "join", "read", "tokens")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.tokens = scan(text, start, end)
        self.end = end
        self.join = "&&"
        self.found: list[tuple[str, Expr, int]] = []
        self.read: list[Term | str] = []
        self.complete = False

    def add(self, expr: Expr, depth: int) -> None:
        """Take an expression: a comparison or the inside of a group."""
        self.found.append((self.join, expr, depth))
        self.read = []
        self.complete = True

    def finish(self) -> tuple[Expr, int]:
        """Return the whole group and its depth.

        Raises:
            FilterError: it is empty or ends too early.
        """
        if not self.complete:
            raise FilterError(
                "invalid or incomplete filter expression"
                if self.found or self.read
                else "empty filter expression"
            )
        return _fold(self.found)


class _Parser:
    __slots__ = ("_ends", "_left", "_params", "_text")

    def __init__(self, text: str, params: Mapping[str, SqlValue] | None) -> None:
        self._text = text
        self._params = params
        self._left = MAX_EXPRESSIONS
        self._ends = group_ends(text)

    def parse(self) -> Expr:
        """Parse the text; groups are a list and not a recursion, since clients nest them.

        PocketBase: a group is welcome anywhere. It replaces a half-read comparison, and behind
        a whole one it continues with the join read last.
        """
        groups = [_Group(self._text, 0, len(self._text))]
        while True:
            group = groups[-1]
            token = next(group.tokens, None)
            if token is None:
                expr, depth = group.finish()
                groups.pop()
                if not groups:
                    return expr
                groups[-1].add(expr, depth)
            elif token.kind == "open":
                close = self._close(token.position, group.end, len(groups))
                group.tokens = scan(self._text, close + 1, group.end)
                groups.append(_Group(self._text, token.position + 1, close))
            else:
                self._step(group, token)

    def _close(self, start: int, end: int, depth: int) -> int:
        """Return where the group that opens at start is closed."""
        close = self._ends.get(start)
        if close is not None:
            return close
        if depth > MAX_DEPTH:  # each search reads all that is inside
            raise FilterError("too many nested groups")
        return group_end(self._text, start, end)

    def _step(self, group: _Group, token: Token) -> None:
        if group.complete:
            group.join, group.complete = _expect(token, "join", "&& or ||"), False
        elif len(group.read) == 1:
            group.read.append(_expect(token, "sign", "a sign operator"))
        else:
            expected = RIGHT_OPERAND if group.read else LEFT_OPERAND
            group.read.append(self._term(token, group.tokens, MAX_CALL_DEPTH, expected))
            if len(group.read) == 3:
                group.add(self._comparison(*group.read), 0)

    def _comparison(self, left: Term | str, sign: Term | str, right: Term | str) -> Compare:
        self._left -= 1
        if self._left < 0:
            raise FilterError("max filter expressions limit reached")
        return Compare(left, sign, right)  # type: ignore[arg-type]  # read in this order

    def _term(self, token: Token, tokens: Iterator[Token], call_depth: int, expected: str) -> Term:
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
        raise _unexpected(token, expected)

    def _args(self, call: Token, tokens: Iterator[Token], call_depth: int) -> tuple[Term, ...]:
        args: list[Term] = []
        expect_comma = False
        for token in tokens:
            if token.kind == "close":
                return tuple(args)
            if expect_comma != (token.kind == "comma"):
                raise FilterError(
                    f"expected comma after the last argument in function {quoted(call.text)}"
                    if expect_comma
                    else f"unexpected comma in function {quoted(call.text)}"
                )
            if not expect_comma:
                args.append(self._term(token, tokens, call_depth, LEFT_OPERAND))
            expect_comma = not expect_comma
        raise FilterError(f"invalid or incomplete function {quoted(call.text)} (expected ')')")

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
        raise _unexpected(token, words)
    return token.text


def _unexpected(token: Token, expected: str) -> FilterError:
    if token.kind == "close":
        return FilterError("unexpected character ')'")
    kind = _KINDS.get(token.kind, token.kind)
    return FilterError(f"expected {expected}, got {quoted(token.text)} ({kind})")


def _fold(found: list[tuple[str, Expr, int]]) -> tuple[Expr, int]:
    """Return the tree of joined expressions, && binding tighter than ||, and its depth."""
    alternatives: list[list[Expr]] = []
    for join, expr, _ in found:
        if join == "&&" and alternatives:
            alternatives[-1].append(expr)
        else:
            alternatives.append([expr])
    depth = max(inner for _, _, inner in found) + (len(found) > 1)
    if depth > MAX_DEPTH:
        raise FilterError("too many nested groups")
    either = tuple(items[0] if len(items) == 1 else And(tuple(items)) for items in alternatives)
    return (either[0] if len(either) == 1 else Or(either)), depth

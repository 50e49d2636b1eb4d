"""Random text that matches a pattern: the generator behind `autogeneratePattern`.

Knows classes, literals, any character (a letter or digit), alternation, groups and repeats.
Every character of a class is equally likely; the source is the operating system's generator.
Source: PocketBase tools/security/random_by_regex.go.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from pbpy.fields.patterns import pattern_error
from pbpy.ids import ALPHANUMERIC, random_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_REPEAT = 6
"""What an open repeat ends at."""

_ANY = ((48, 57), (65, 90), (97, 122))
_DIGIT = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 10), (12, 13), (32, 32))
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_POSIX = {
    "alnum": _ANY,
    "alpha": _ANY[1:],
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_LAST_CODE = 0x10FFFF

# The operators that PocketBase names by their numbers.
_EMPTY_MATCH, _BEGIN_LINE, _END_LINE, _BEGIN_TEXT, _END_TEXT = 2, 7, 8, 9, 10
_ASSERTIONS = {"A": _BEGIN_TEXT, "z": _END_TEXT, "b": 11, "B": 12}

_BOUNDS = re.compile(r"\{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}", re.ASCII)
_FLAGS = re.compile(r"\(\?(?P<on>[imsU]*)(?:-(?P<off>[imsU]+))?(?P<end>[:)])")


class PatternError(ValueError):
    """A pattern that cannot be generated from."""


Ranges: TypeAlias = "tuple[tuple[int, int], ...]"


@dataclass(frozen=True, slots=True)
class _Chars:
    """One character of ranges; `alphabet` holds them all when they are few."""

    ranges: Ranges
    alphabet: str

    def generate(self, count: int) -> str:
        if self.alphabet:
            return random_text(count, self.alphabet)
        return "".join(self._pick() for _ in range(count))

    def _pick(self) -> str:
        index = secrets.randbelow(sum(last - first + 1 for first, last in self.ranges))
        for first, last in self.ranges:
            if index <= last - first:
                return chr(first + index)
            index -= last - first + 1
        raise AssertionError("the index is below the sum of all ranges")


@dataclass(frozen=True, slots=True)
class _Literal:
    text: str

    def generate(self, count: int) -> str:
        return self.text * count


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Node, ...]

    def generate(self, count: int) -> str:
        return "".join(part.generate(1) for _ in range(count) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Choice:
    branches: tuple[_Node, ...]

    def generate(self, count: int) -> str:
        return "".join(secrets.choice(self.branches).generate(1) for _ in range(count))


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Node
    least: int
    most: int

    def generate(self, count: int) -> str:
        # PocketBase: a count from least to most - 1; most itself is never drawn.
        spread = self.most - self.least
        times = [self.least + (secrets.randbelow(spread) if spread else 0) for _ in range(count)]
        return "".join(self.part.generate(number) for number in times)


_Node: TypeAlias = "_Chars | _Literal | _Sequence | _Choice | _Repeat"


def generate_text(pattern: str) -> str:
    """Return a random text that matches pattern.

    Raises:
        PatternError: the pattern is broken, or uses more than the module's subset.
    """
    return _parse(pattern).generate(1)


@lru_cache(maxsize=1000)
def _parse(pattern: str) -> _Node:
    reason = pattern_error(pattern)
    if reason:
        raise PatternError(reason)
    return _Parser(pattern).parse()


class _Parser:
    """Recursive descent over a pattern that RE2 has accepted."""

    __slots__ = ("any_case", "multiline", "pattern", "position")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.any_case = False
        self.multiline = False

    def parse(self) -> _Node:
        return self._choice()

    def _peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def _next(self) -> str:
        char = self._peek()
        self.position += 1
        return char

    def _take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def _take_until(self, mark: str) -> str:
        text = self.pattern[self.position :].partition(mark)[0]
        self.position += len(text) + len(mark)
        return text

    def _choice(self) -> _Node:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else _Choice(tuple(branches))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in ("", "|", ")"):
            if self._take("\\Q"):
                parts.extend(self._quoted(self._take_until("\\E")))
            elif not self._take_flags():
                parts.append(self._repeated(self._atom()))
        if not parts:
            raise _unsupported(_EMPTY_MATCH)
        return parts[0] if len(parts) == 1 else _Sequence(tuple(parts))

    def _quoted(self, text: str) -> Iterator[_Node]:
        if text:
            yield self._literal(text[:-1])
            yield self._repeated(self._literal(text[-1]))

    def _repeated(self, node: _Node) -> _Node:
        while True:
            bounds = self._bounds()
            if bounds is None:
                return node
            self._take("?")  # lazy or greedy makes no difference here
            least, most = bounds
            node = _Repeat(node, least, max(least, MAX_REPEAT if most is None else most))

    def _bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(mark):
                return bounds
        match = _BOUNDS.match(self.pattern, self.position)
        if not match:
            return None  # a brace that is no repeat is a literal
        self.position = match.end()
        least = int(match["least"])
        if match["comma"] is None:
            return least, least
        return least, int(match["most"]) if match["most"] else None

    def _atom(self) -> _Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == ".":
            return _Chars(_ANY, ALPHANUMERIC)
        if char == "^":
            raise _unsupported(_BEGIN_LINE if self.multiline else _BEGIN_TEXT)
        if char == "$":
            raise _unsupported(_END_LINE if self.multiline else _END_TEXT)
        if char == "\\":
            return self._escaped()
        return self._literal(char)

    def _literal(self, text: str) -> _Node:
        # PocketBase: a literal in any case comes out in upper case.
        return _Literal(text.upper() if self.any_case else text)

    def _take_flags(self) -> bool:
        """Read `(?i)` and its like, which hold to the end of the group."""
        match = _FLAGS.match(self.pattern, self.position)
        if not match or match["end"] == ":":
            return False
        self.position = match.end()
        self._set_flags(match["on"], match["off"] or "")
        return True

    def _set_flags(self, on: str, off: str) -> None:
        self.any_case = ("i" in on or self.any_case) and "i" not in off
        self.multiline = ("m" in on or self.multiline) and "m" not in off

    def _group(self) -> _Node:
        outer = self.any_case, self.multiline
        flags = _FLAGS.match(self.pattern, self.position - 1)
        if self._take("?P<") or self._take("?<"):
            self._take_until(">")
        elif flags:
            self.position = flags.end()
            self._set_flags(flags["on"], flags["off"] or "")
        node = self._choice()
        self._take(")")
        self.any_case, self.multiline = outer
        return node

    def _escaped(self) -> _Node:
        char = self._peek()
        if char in _ASSERTIONS:
            raise _unsupported(_ASSERTIONS[char])
        if char.lower() in _CLASSES or char in "pP":
            self.position += 1
            return _chars(_class_ranges(char))
        return self._literal(chr(self._escaped_code()))

    def _escaped_code(self) -> int:
        char = self._next()
        if char in _CONTROL:
            return _CONTROL[char]
        if char == "x":
            if self._take("{"):
                return int(self._take_until("}"), 16)
            return int(self._next() + self._next(), 16)
        if char in "01234567":
            while len(char) < 3 and self._peek() and self._peek() in "01234567":
                char += self._next()
            return int(char, 8)
        return ord(char)

    def _class(self) -> _Node:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            ranges.extend(self._class_item())
            first = False
        self.position += 1
        merged = _merge(_in_any_case(ranges) if self.any_case else ranges)
        return _chars(_invert(merged) if negated else merged)

    def _class_item(self) -> Ranges:
        if self._take("[:"):
            name = self._take_until(":]")
            ranges = _POSIX[name.lstrip("^")]
            return _invert(ranges) if name.startswith("^") else ranges
        if self._peek() == "\\" and self.pattern[self.position + 1] in "dDwWsSpP":
            self.position += 2
            return _class_ranges(self.pattern[self.position - 1])
        first = self._class_code()
        if self._peek() == "-" and self.pattern[self.position + 1] != "]":
            self.position += 1
            return ((first, self._class_code()),)
        return ((first, first),)

    def _class_code(self) -> int:
        char = self._next()
        return self._escaped_code() if char == "\\" else ord(char)


def _unsupported(operator: int) -> PatternError:
    return PatternError(f"unsupported pattern operator {operator}")


def _class_ranges(letter: str) -> Ranges:
    ranges = _CLASSES.get(letter.lower())
    if ranges is None:
        raise PatternError(f"unsupported pattern class \\{letter}")
    return _invert(ranges) if letter.isupper() else ranges


def _chars(ranges: Ranges) -> _Chars:
    if not ranges:
        raise PatternError("no runes to choose from")
    small = ranges[-1][1] < 128
    alphabet = "".join(chr(code) for a, b in ranges for code in range(a, b + 1)) if small else ""
    return _Chars(ranges, alphabet)


def _in_any_case(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges with the other case of their ASCII letters."""
    others: list[tuple[int, int]] = []
    for first, last in ranges:
        for start, end, shift in ((65, 90, 32), (97, 122, -32)):
            if first <= end and last >= start:
                others.append((max(first, start) + shift, min(last, end) + shift))
    return [*ranges, *others]


def _merge(ranges: Ranges | list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _invert(ranges: Ranges) -> Ranges:
    """Return all other characters, surrogates left out: no text can hold them."""
    inverted: list[tuple[int, int]] = []
    start = 0
    for first, last in _merge([*ranges, (0xD800, 0xDFFF)]):
        if start < first:
            inverted.append((start, first - 1))
        start = last + 1
    if start <= _LAST_CODE:
        inverted.append((start, _LAST_CODE))
    return tuple(inverted)

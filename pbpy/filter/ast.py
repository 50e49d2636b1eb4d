"""The tree of a parsed filter, with the position of every operand in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """An identifier: a field, a `@request` or `@collection` path, a macro, or `null`."""

    name: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text, without its quotes."""

    value: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written; PocketBase binds it as a float."""

    literal: str
    position: int = 0

    @property
    def value(self) -> float:
        """The bound value; 0 for what no float can hold."""
        value = float(self.literal)
        return value if abs(value) != float("inf") else 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    args: tuple[Term, ...]
    position: int = 0


Term: TypeAlias = "Path | Text | Number | Call"


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; op is PocketBase's sign, with `?` in front for the any-variant."""

    left: Term
    op: str
    right: Term


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more items."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more items."""

    items: tuple[Expr, ...]


Expr: TypeAlias = "Compare | And | Or"


def to_text(expr: Expr) -> str:
    """Return a filter that parses to expr, positions aside."""
    match expr:
        case Compare(left, op, right):
            return f"{_term_text(left)} {op} {_term_text(right)}"
        case And(items):
            return " && ".join(_grouped(item) for item in items)
        case Or(items):
            return " || ".join(_grouped(item) for item in items)


def _grouped(expr: Expr) -> str:
    return to_text(expr) if isinstance(expr, Compare) else f"({to_text(expr)})"


def _term_text(term: Term) -> str:
    match term:
        case Path(name):
            return name
        case Text(value):
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case Number(literal):
            return literal
        case Call(name, args):
            return f"{name}({', '.join(_term_text(arg) for arg in args)})"


def split_literals(expr: Expr) -> tuple[str, tuple[str | float, ...]]:
    """Return (key, literals in order): filters with equal keys differ in literals only.

    Whether a text is empty is part of the key, since the SQL depends on it.
    """
    parts: list[str] = []
    literals: list[str | float] = []
    _split(expr, parts, literals)
    return "".join(parts), tuple(literals)


def _split(item: Expr | Term, parts: list[str], literals: list[str | float]) -> None:
    match item:
        case Text(value):
            parts.append("'x'" if value else "''")
            literals.append(value)
        case Number():
            parts.append("0")
            literals.append(item.value)
        case Path(name):
            parts.append(name)
        case Compare(left, op, right):
            _split(left, parts, literals)
            parts.append(op)
            _split(right, parts, literals)
        case Call(name, args):
            parts.append(f"{name}(")
            for arg in args:
                _split(arg, parts, literals)
                parts.append(",")
            parts.append(")")
        case And(items) | Or(items):
            for index, inner in enumerate(items):
                parts.append("(" if not index else " && " if isinstance(item, And) else " || ")
                _split(inner, parts, literals)
            parts.append(")")

"""Tree + resolver -> template: everything about a filter that no request can change.

A template is bound to a request in two steps: its slots are read, then the *shape* of their
values (null, empty or something else, which PocketBase's SQL depends on) selects a formula.
Comparisons of plain values alone are decided in Python and leave the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pbpy.errors import FilterError
from pbpy.filter.ast import And, Call, Compare, Number, Or, Path, Text
from pbpy.filter.compare import base_operator, fold
from pbpy.filter.formula import Formula, Some, all_of
from pbpy.filter.functions import Build, find_function
from pbpy.filter.joins import Param
from pbpy.filter.macros import MACRO_NAMES, macro_value
from pbpy.filter.multi_match import build_atom
from pbpy.filter.operand import FALSE, NULL, TRUE, FlagOperand, Operand, SlotOperand, WordOperand

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pbpy.filter.ast import Expr, Term
    from pbpy.filter.operand import AnyOperand, FieldResolver, Request, Slots
    from pbpy.store.sql import SqlValue

_WORDS = {"null": NULL, "true": TRUE, "false": FALSE}


@dataclass(frozen=True, slots=True)
class ConstSlot:
    """A value that is part of a rule."""

    value: SqlValue

    def read(self, request: Request) -> SqlValue:
        """Return the value."""
        return self.value

    def shape(self, value: SqlValue) -> Hashable:
        """Return nothing: the value never changes."""
        return None


@dataclass(frozen=True, slots=True)
class LiteralSlot:
    """A text or number of a client's filter; filters that differ in these share a template."""

    index: int

    def read(self, request: Request) -> SqlValue:
        """Return the value in the present filter."""
        return request.literals[self.index]

    def shape(self, value: SqlValue) -> Hashable:
        """Return nothing: whether a literal is empty is part of the template's key."""
        return None


@dataclass(frozen=True, slots=True)
class MacroSlot:
    """The value of a macro at the present moment."""

    name: str

    def read(self, request: Request) -> SqlValue:
        """Return the value."""
        return macro_value(self.name, request.now)

    def shape(self, value: SqlValue) -> Hashable:
        """Return nothing: a macro is never null or empty."""
        return None


@dataclass(frozen=True, slots=True)
class LateCall:
    """A function call with an argument that depends on the request."""

    args: tuple[AnyOperand, ...]
    build: Build

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return the call with its arguments bound."""
        return self.build([bind(arg, shapes) for arg in self.args])


def bind(operand: AnyOperand, shapes: Sequence[Hashable]) -> Operand:
    """Return an operand for one combination of shapes."""
    return operand if isinstance(operand, Operand) else operand.bind(shapes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a template."""

    op: str
    any_match: bool
    left: AnyOperand
    right: AnyOperand


@dataclass(frozen=True, slots=True)
class Decision:
    """A comparison of two plain values, decided for each request before there is any SQL."""

    index: int


@dataclass(frozen=True, slots=True)
class Every:
    """All of the items."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the items."""

    items: tuple[Node, ...]


Node: TypeAlias = "Comparison | Decision | Every | Either"

Side: TypeAlias = "tuple[int | None, SqlValue]"
"""A plain value: (its slot, None) or (None, the value)."""


class Compiler:
    """Turns trees into nodes of one template.

    Attributes:
        slots: the values that the template needs.
        decisions: the comparisons that Python decides: (op, left, right).
    """

    __slots__ = ("_literals", "decisions", "slots")

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.decisions: list[tuple[str, Side, Side]] = []
        self._literals = 0

    def compile(self, expr: Expr, resolver: FieldResolver, *, constant: bool) -> Node:
        """Return the node of a tree.

        Args:
            expr: the tree.
            resolver: gives meaning to its identifiers.
            constant: whether texts and numbers belong to the template, as those of a rule do;
                else they are read from the request, in order.

        Raises:
            FilterError: an identifier or function that may not be used.
        """
        match expr:
            case And(items):
                return Every(tuple(self.compile(i, resolver, constant=constant) for i in items))
            case Or(items):
                return Either(tuple(self.compile(i, resolver, constant=constant) for i in items))
            case Compare(left, sign, right):
                op, any_match = base_operator(sign)
                return self._comparison(
                    op,
                    any_match,
                    self._side("left", left, resolver, constant=constant),
                    self._side("right", right, resolver, constant=constant),
                )

    def _comparison(self, op: str, any_match: bool, left: AnyOperand, right: AnyOperand) -> Node:
        sides = (_plain(left), _plain(right))
        in_sql = op in ("~", "!~") or (op == "!=" and isinstance(right, FlagOperand))
        if sides[0] is not None and sides[1] is not None and not in_sql:
            self.decisions.append((op, sides[0], sides[1]))
            return Decision(len(self.decisions) - 1)
        return Comparison(op, any_match, left, right)

    def _side(
        self, which: str, term: Term, resolver: FieldResolver, *, constant: bool
    ) -> AnyOperand:
        try:
            return self._term(term, resolver, constant=constant)
        except FilterError as error:
            name = term_name(term)
            raise FilterError(f'invalid {which} operand "{name}" - {error}') from error

    def _term(self, term: Term, resolver: FieldResolver, *, constant: bool) -> AnyOperand:
        match term:
            case Text(value):
                return self._literal(value, constant=constant)
            case Number():
                return self._literal(term.value, constant=constant)
            case Path(name):
                return self._path(name, resolver)
            case Call():
                function = find_function(term)
                args = tuple(
                    self._argument(term, index, resolver, constant=constant)
                    for index in range(len(term.args))
                )
                ready = [arg for arg in args if isinstance(arg, Operand)]
                if len(ready) == len(args):
                    return function.build(ready)
                return LateCall(args, function.build)

    def _argument(
        self, call: Call, index: int, resolver: FieldResolver, *, constant: bool
    ) -> AnyOperand:
        try:
            return self._term(call.args[index], resolver, constant=constant)
        except FilterError as error:
            which = "time-value argument" if call.name == "strftime" else f"argument {index}"
            raise FilterError(f"[{call.name}] failed to resolve {which}: {error}") from error

    def _literal(self, value: SqlValue, *, constant: bool) -> Operand:
        if constant:
            slot = self.slots.add(("const", type(value), value), lambda: ConstSlot(value))
        else:
            index = self._literals
            self._literals += 1
            slot = self.slots.add(("literal", index), lambda: LiteralSlot(index))
        return Operand((Param(slot),), params=1, empty_param=value == "")

    def _path(self, name: str, resolver: FieldResolver) -> AnyOperand:
        if name in MACRO_NAMES:
            slot = self.slots.add(("macro", name), lambda: MacroSlot(name))
            return Operand((Param(slot),), params=1)
        try:
            return resolver.resolve(name)
        except FilterError:
            word = _WORDS.get(name.lower())
            if word is None:
                raise
            return word


def term_name(term: Term) -> str:
    """Return a term as error messages name it."""
    match term:
        case Text(value):
            return value
        case Number(literal):
            return literal
        case Path(name) | Call(name):
            return name


def _plain(operand: AnyOperand) -> Side | None:
    if isinstance(operand, SlotOperand):
        return None if operand.lower else (operand.slot, None)
    if isinstance(operand, WordOperand | FlagOperand):
        return (operand.slot, None)
    if not isinstance(operand, Operand):
        return None
    if operand.literal:
        return (None, {"NULL": None, "1": 1, "0": 0}[operand.literal])
    if len(operand.pieces) == 1 and isinstance(operand.pieces[0], Param):
        return (operand.pieces[0].slot, None)
    return None


def decide(decision: tuple[str, Side, Side], values: Sequence[SqlValue]) -> bool:
    """Return whether a comparison of plain values holds."""
    op, (left_slot, left), (right_slot, right) = decision
    return bool(
        fold(
            op,
            left if left_slot is None else values[left_slot],
            right if right_slot is None else values[right_slot],
        )
    )


def to_formula(node: Node, decided: Sequence[bool], shapes: Sequence[Hashable]) -> Formula | bool:
    """Return the formula of a node for one combination of decisions and shapes."""
    match node:
        case Decision(index):
            return decided[index]
        case Comparison(op, any_match, left, right):
            return build_atom(op, bind(left, shapes), bind(right, shapes), any_match=any_match)
        case Every(items):
            found = [to_formula(item, decided, shapes) for item in items]
            if False in found:
                return False
            rest = [item for item in found if not isinstance(item, bool)]
            return all_of(rest) if rest else True
        case Either(items):
            found = [to_formula(item, decided, shapes) for item in items]
            if True in found:
                return True
            rest = [item for item in found if not isinstance(item, bool)]
            if not rest:
                return False
            return rest[0] if len(rest) == 1 else Some(tuple(rest))

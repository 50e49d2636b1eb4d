"""A path with several values: a plain operator must hold for all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.filter.compare import Condition, Truth, build_condition
from pbpy.filter.formula import Atom, Violation
from pbpy.filter.joins import Join, replace_joins
from pbpy.filter.operand import NullFallback, Operand

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEGATED: Mapping[Truth, Truth] = {
    "true": "false",
    "false": "true",
    "null": "null",
    "unknown": "unknown",
}


def build_atom(op: str, left: Operand, right: Operand, *, any_match: bool) -> Atom:
    """Return one comparison; op without `?`."""
    condition = build_condition(op, left, right)
    guards = tuple(side.guard for side in (left, right) if side.guard is not None)
    if any_match or not (left.match_all or right.match_all):
        return Atom(condition, None, guards)
    violation = _violation(op, left, right)
    implied = _same_comparison(left, right) and condition.two_valued
    return Atom(None if implied else condition, violation, guards)


def _same_comparison(left: Operand, right: Operand) -> bool:
    """Whether the violation compares exactly as the condition does."""
    return all(
        side.params == 0 if side.match_all else side.fallback is NullFallback.AUTO
        for side in (left, right)
    )


def _violation(op: str, left: Operand, right: Operand) -> Violation:
    """Source: PocketBase tools/search/filter.go manyVsOneExpr, manyVsManyExpr."""
    ranges: set[Join] = set()
    condition = build_condition(op, _side(left, ranges), _side(right, ranges))
    negated = Condition(
        ("NOT (", *condition.pieces, ")"),
        _NEGATED[condition.missing],
        _NEGATED[condition.both_missing],
        condition.two_valued,
    )
    return Violation(Atom(negated), frozenset(ranges))


def _side(side: Operand, ranges: set[Join]) -> Operand:
    if not side.match_all:
        return replace(side, fallback=NullFallback.AUTO, guard=None)
    own = _clones(side.match_all)
    ranges.update(own.values())
    return replace(
        side,
        pieces=replace_joins(side.pieces, own),
        params=0,
        empty_param=False,
        match_all=(),
        guard=None,
    )


def _clones(path: tuple[Join, ...]) -> dict[Join, Join]:
    """Return clones of the joins of a path; the first stays tied to what lies before it."""
    clones: dict[Join, Join] = {}
    for join in path:
        parent = join.parent
        clones[join] = replace(
            join, parent=clones.get(parent, parent) if parent is not None else None
        )
    return clones

"""Formulas: a filter as conditions on rows of joins, before SQL fixes how rows are found.

PocketBase joins every path of rule and filter and keeps a row when *some* combination of
joined rows satisfies the whole. So a formula is read as "there are rows of its joins such
that ...", and `filter.emit` may move that "there are" as far inside as no join is shared.
Joins are outer: where there is no row, its columns are NULL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from pbpy.filter.joins import Join, Ref, joins_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.filter.compare import Condition, Truth


@dataclass(frozen=True, slots=True, eq=False)
class Violation:
    """What must hold of no combination of rows of `ranges`, joins made for this purpose."""

    atom: Atom
    ranges: frozenset[Join]


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One comparison.

    Attributes:
        condition: what must hold of the joined rows; None when `violation` says it all.
        violation: what no combination of the path's rows may do.
        guards: columns that must be true as well.
        joins: every join it needs from outside, ancestors included.
        direct: the joins outside whose columns it names, roots included.
        named: the same with those that its violation ranges over.
        rejects: the joins without whose row it cannot hold.
        missing: whether it holds where one of its joins is missing; None when that depends.
        all_missing: the same where every row that it names is missing.
        depth: how deep items lie inside one another.
    """

    condition: Condition | None
    violation: Violation | None = None
    guards: tuple[Ref, ...] = ()
    joins: frozenset[Join] = field(init=False)
    direct: frozenset[Join] = field(init=False)
    named: frozenset[Join] = field(init=False)
    rejects: frozenset[Join] = field(init=False)
    missing: bool | None = field(init=False)
    all_missing: bool | None = field(init=False)
    depth: ClassVar[int] = 1

    def __post_init__(self) -> None:
        pieces = (*(self.condition.pieces if self.condition else ()), *self.guards)
        own = joins_of(pieces)
        direct = frozenset(piece.join for piece in pieces if isinstance(piece, Ref))
        rejects = joins_of(self.guards)
        if self.condition is not None and self.condition.missing in ("false", "null"):
            rejects = own
        named = direct
        if self.violation is not None:
            named |= self.violation.atom.direct
            own |= self.violation.atom.joins - self.violation.ranges
            direct |= self.violation.atom.direct - self.violation.ranges
            direct |= _origins(self.violation.ranges)
        object.__setattr__(self, "joins", own)
        object.__setattr__(self, "direct", direct)
        object.__setattr__(self, "named", named)
        object.__setattr__(self, "rejects", rejects)
        object.__setattr__(self, "missing", self._holds(all_missing=False))
        object.__setattr__(self, "all_missing", self._holds(all_missing=True))

    def _holds(self, *, all_missing: bool) -> bool | None:
        if self.guards:
            return False
        found: bool | None = True
        if self.condition is not None:
            found = _known(self.condition.missing)
            if found is None and all_missing:
                found = _known(self.condition.both_missing)
        if self.violation is None or found is False:
            return found
        atom = self.violation.atom
        violated = atom.all_missing if all_missing else atom.missing
        if violated:
            return False
        return None if found is None or violated is None else True


@dataclass(frozen=True, slots=True, eq=False)
class _Several:
    items: tuple[Formula, ...]
    joins: frozenset[Join] = field(init=False)
    direct: frozenset[Join] = field(init=False)
    named: frozenset[Join] = field(init=False)
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        joins = frozenset[Join]().union(*(item.joins for item in self.items))
        direct = frozenset[Join]().union(*(item.direct for item in self.items))
        named = frozenset[Join]().union(*(item.named for item in self.items))
        object.__setattr__(self, "joins", joins)
        object.__setattr__(self, "direct", direct)
        object.__setattr__(self, "named", named)
        object.__setattr__(self, "depth", 1 + max(item.depth for item in self.items))

    def _rejecting(self) -> list[frozenset[Join]]:
        return [item.rejects for item in self.items]


@dataclass(frozen=True, slots=True, eq=False)
class All(_Several):
    """Every item holds."""

    @property
    def rejects(self) -> frozenset[Join]:
        """The joins without whose row it cannot hold."""
        return frozenset[Join]().union(*self._rejecting())


@dataclass(frozen=True, slots=True, eq=False)
class Some(_Several):
    """At least one item holds."""

    @property
    def rejects(self) -> frozenset[Join]:
        """The joins without whose row it cannot hold."""
        return frozenset.intersection(*self._rejecting())


Formula: TypeAlias = "Atom | All | Some"


def _origins(ranges: frozenset[Join]) -> frozenset[Join]:
    """Return the joins whose columns lead to ranges."""
    return frozenset(
        join.parent for join in ranges if join.parent is not None and join.parent not in ranges
    )


def _known(truth: Truth) -> bool | None:
    return None if truth == "unknown" else truth == "true"


def holds_missing(formula: Formula, step: Join, *, all_missing: bool) -> bool | None:
    """Return whether a formula holds where step has no row; None when that depends.

    Args:
        formula: what is asked about.
        step: the join without a row.
        all_missing: every column that the formula names is behind step, so all are NULL.
    """
    if isinstance(formula, Atom):
        if not any(step in join.lineage for join in formula.direct):
            return None
        return formula.all_missing if all_missing else formula.missing
    found = [holds_missing(item, step, all_missing=all_missing) for item in formula.items]
    decisive = isinstance(formula, Some)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def all_of(items: Iterable[Formula]) -> Formula:
    """Return the conjunction of one or more items."""
    flat: list[Formula] = []
    for item in items:
        flat.extend(item.items if isinstance(item, All) else (item,))
    return flat[0] if len(flat) == 1 else All(tuple(flat))

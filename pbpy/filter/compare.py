"""One comparison -> a condition, by PocketBase's rules for empty values and patterns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pbpy.filter.joins import Param, Pieces
from pbpy.filter.operand import NullFallback, Operand

if TYPE_CHECKING:
    from pbpy.store.sql import SqlValue

Truth = Literal["true", "false", "null", "unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison as SQL, and what is known of its value without running it.

    Attributes:
        pieces: the SQL.
        missing: its value where the rows of one side are missing (their columns NULL).
        both_missing: its value where the rows of both sides are missing.
        two_valued: whether it is never NULL.
    """

    pieces: Pieces
    missing: Truth = "unknown"
    both_missing: Truth = "unknown"
    two_valued: bool = False


def base_operator(op: str) -> tuple[str, bool]:
    """Return the operator without `?`, and whether any match is enough."""
    return (op[1:], True) if op[0] == "?" else (op, False)


def build_condition(op: str, left: Operand, right: Operand) -> Condition:
    """Return `left op right`; op without `?`."""
    if op in ("=", "!="):
        return _equal(left, right, equal=op == "=")
    if op in ("~", "!~"):
        return _strict(left, right, _like(op, left, right))
    return _strict(left, right, (*left.pieces, f" {op} ", *right.pieces))


def _strict(left: Operand, right: Operand, pieces: Pieces) -> Condition:
    """Return a condition that is NULL as soon as one side is NULL."""
    sides = [side for side in (left, right) if side.has_columns]
    known: Truth = "null" if all(side.null_when_missing for side in sides) else "unknown"
    return Condition(pieces, known, known)


def _like(op: str, left: Operand, right: Operand) -> Pieces:
    word = " LIKE " if op == "~" else " NOT LIKE "
    if right.params == 0:
        return (*left.pieces, word, "('%' || ", *right.pieces, " || '%') ESCAPE '\\'")
    pattern = tuple(
        replace(piece, like=True) if isinstance(piece, Param) else piece for piece in right.pieces
    )
    return (*left.pieces, word, *pattern, " ESCAPE '\\'")


def _equal(left: Operand, right: Operand, *, equal: bool) -> Condition:
    """Source: PocketBase tools/search/filter.go resolveEqualExpr."""
    if NullFallback.DISABLED in (left.fallback, right.fallback):
        return _plain_is(left, right, equal=equal)
    if left.is_empty and right.is_empty:
        return Condition(("1" if equal else "0",), two_valued=True)
    if left.is_known or right.is_known:
        return _direct(left, right, equal=equal)
    if left.is_empty or right.is_empty:
        return _empty(right if left.is_empty else left, equal=equal)
    return _coalesced(left, right, equal=equal)


def _truth(value: bool) -> Truth:
    return "true" if value else "false"


def _is_bound(side: Operand) -> bool:
    """Whether side is one bound value, which is never NULL, or a number written as a word."""
    return side.literal in ("1", "0", "TRUE", "FALSE") or (
        len(side.pieces) == 1 and isinstance(side.pieces[0], Param)
    )


def _only_column(left: Operand, right: Operand) -> tuple[Operand, Operand] | None:
    """Return (side with columns, other side) where exactly one has columns NULL when missing."""
    if left.has_columns == right.has_columns:
        return None
    side, other = (left, right) if left.has_columns else (right, left)
    return (side, other) if side.null_when_missing else None


def _both_null(left: Operand, right: Operand) -> bool:
    return all(side.has_columns and side.null_when_missing for side in (left, right))


def _plain_is(left: Operand, right: Operand, *, equal: bool) -> Condition:
    pieces = (*left.pieces, " IS " if equal else " IS NOT ", *right.pieces)
    missing: Truth = "unknown"
    sides = _only_column(left, right)
    if sides is not None and (sides[1].literal == "NULL" or _is_bound(sides[1])):
        missing = _truth((sides[1].literal == "NULL") == equal)
    both = _truth(equal) if _both_null(left, right) else "unknown"
    return Condition(pieces, missing, both, two_valued=True)


def _direct(left: Operand, right: Operand, *, equal: bool) -> Condition:
    """Compare as they are: one side is known to be neither null nor empty."""
    pieces = (
        *(("''",) if left.is_empty else left.pieces),
        " = " if equal else " IS NOT ",
        *(("''",) if right.is_empty else right.pieces),
    )
    missing: Truth = "unknown"
    sides = _only_column(left, right)
    if sides is not None and equal:
        missing = "null"
    elif sides is not None and _is_bound(sides[1]):
        missing = "true"
    return Condition(pieces, missing, two_valued=not equal)


def _empty(side: Operand, *, equal: bool) -> Condition:
    """Compare with null or an empty text."""
    missing = _truth(equal) if side.null_when_missing and side.has_columns else "unknown"
    # for columns that are never NULL one test would do, but SQLite then estimates other costs
    # and sorts equal rows in another order than PocketBase's
    if equal:
        pieces: Pieces = ("(", *side.pieces, " = '' OR ", *side.pieces, " IS NULL)")
    else:
        pieces = ("(", *side.pieces, " IS NOT '' AND ", *side.pieces, " IS NOT NULL)")
    return Condition(pieces, missing, two_valued=True)


def _coalesced(left: Operand, right: Operand, *, equal: bool) -> Condition:
    """Compare two sides of which nothing is known; NULL counts as an empty text."""
    texts = left.text_column and right.text_column
    pieces = (
        *_or_empty(left, bare=texts),
        " = " if equal else " IS NOT ",
        *_or_empty(right, bare=texts),
    )
    both = _truth(equal) if _both_null(left, right) else "unknown"
    return Condition(pieces, "unknown", both, two_valued=True)


def _or_empty(side: Operand, *, bare: bool) -> Pieces:
    # COALESCE takes a column's affinity away, so it may be left out between texts only
    if bare and side.never_null:
        return side.pieces
    return ("COALESCE(", *side.pieces, ", '')")


def fold(op: str, left: SqlValue, right: SqlValue) -> bool | None:
    """Return whether `left op right` holds for two plain values; None when SQL must decide.

    Values without a column have no affinity: every number is less than every text.
    """
    if op in ("~", "!~"):
        return None
    if op in ("=", "!="):
        return _same("" if left is None else left, "" if right is None else right) == (op == "=")
    if left is None or right is None:
        return False
    order = _order(left, right)
    match op:
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case ">":
            return order > 0
        case _:
            return order >= 0


def _same(left: SqlValue, right: SqlValue) -> bool:
    return isinstance(left, str) == isinstance(right, str) and left == right


def _order(left: SqlValue, right: SqlValue) -> int:
    if isinstance(left, str) != isinstance(right, str):
        return 1 if isinstance(left, str) else -1
    if isinstance(left, str) and isinstance(right, str):
        low, high = left.encode(), right.encode()
        return (low > high) - (low < high)
    return (left > right) - (left < right)  # type: ignore[operator]  # two numbers

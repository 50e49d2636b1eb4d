"""Functions of the filter language: a registry from name to its implementation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from pbpy.errors import FilterError
from pbpy.filter.ast import Call, Number, Path, Text
from pbpy.filter.operand import NullFallback, Operand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pbpy.filter.joins import Piece, Pieces

EARTH_RADIUS_KM = 6371
MAX_STRFTIME_ARGS = 10

Build: TypeAlias = "Callable[[Sequence[Operand]], Operand]"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `check` refuses wrong arguments, `build` makes its SQL."""

    check: Callable[[Call], None]
    build: Build


def find_function(call: Call) -> Function:
    """Return the function that a call names, its arguments checked.

    Raises:
        FilterError: there is no such function, or it does not take these arguments.
    """
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise FilterError(f'unknown function "{call.name}"')
    function.check(call)
    return function


def _check_geo_distance(call: Call) -> None:
    if len(call.args) != 4:
        raise FilterError(f"[geoDistance] expected 4 arguments, got {len(call.args)}")
    for index, arg in enumerate(call.args):
        if not isinstance(arg, Path | Number):
            raise FilterError(f"[geoDistance] argument {index} must be an identifier or number")


def _geo_distance(args: Sequence[Operand]) -> Operand:
    """Return the great-circle distance in kilometres of (lonA, latA) and (lonB, latB)."""
    lon_a, lat_a, lon_b, lat_b = (arg.pieces for arg in args)
    return Operand(
        (
            f"({EARTH_RADIUS_KM} * acos(cos(radians(",
            *lat_a,
            ")) * cos(radians(",
            *lat_b,
            ")) * cos(radians(",
            *lon_b,
            ") - radians(",
            *lon_a,
            ")) + sin(radians(",
            *lat_a,
            ")) * sin(radians(",
            *lat_b,
            "))))",
        ),
        fallback=NullFallback.DISABLED,
        params=sum(arg.params for arg in args),
        empty_param=any(arg.empty_param for arg in args),
        null_when_missing=all(arg.null_when_missing for arg in args),
    )


def _check_strftime(call: Call) -> None:
    count = len(call.args)
    if count < 1:
        raise FilterError(f"[strftime] expected at least 1 arguments, got {count}")
    if count > MAX_STRFTIME_ARGS:
        raise FilterError(
            f"[strftime] too many arguments (max allowed {MAX_STRFTIME_ARGS}, got {count})"
        )
    if not isinstance(call.args[0], Text):
        raise FilterError("[strftime] expects the first argument to be a format string")
    if count > 1 and isinstance(call.args[1], Call):
        raise FilterError("[strftime] expects the second argument to be of a valid time-value type")
    for index, arg in enumerate(call.args[2:]):
        if not isinstance(arg, Text):
            raise FilterError(f"[strftime] invalid modifier argument {index} - can be only string")


def _strftime(args: Sequence[Operand]) -> Operand:
    """Return SQLite's strftime; obeys match-all when the time value has several."""
    pieces: list[Piece] = ["strftime("]
    for index, arg in enumerate(args):
        pieces.extend((", ",) if index else ())
        pieces.extend(arg.pieces)
    pieces.append(")")
    call: Pieces = tuple(pieces)
    if len(args) == 1:
        return replace(args[0], pieces=call, fallback=NullFallback.ENFORCED)
    return Operand(
        call,
        fallback=NullFallback.ENFORCED,
        params=sum(arg.params for arg in args),
        empty_param=any(arg.empty_param for arg in args),
        match_all=args[1].match_all,
        null_when_missing=args[1].null_when_missing,
    )


FUNCTIONS: Mapping[str, Function] = {
    "geoDistance": Function(_check_geo_distance, _geo_distance),
    "strftime": Function(_check_strftime, _strftime),
}

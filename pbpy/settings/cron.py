"""Cron expressions as the settings take them: five segments, or a macro like `@daily`.

Source: PocketBase tools/cron/schedule.go.
"""

from __future__ import annotations

import re

_MACROS = frozenset(
    ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
)
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
"""Minute, hour, day, month, day of the week."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_MAX_INTEGER = 2**63 - 1


class InvalidCron(ValueError):
    """The expression cannot be used; the text is PocketBase's."""


def check_cron(expression: str) -> None:
    """Return when expression can be used.

    Raises:
        InvalidCron: it cannot.
    """
    if expression in _MACROS:
        return
    segments = expression.split(" ")
    if len(segments) != len(_RANGES):
        raise InvalidCron(
            "invalid cron expression - must be a valid macro or to have exactly 5 space separated"
            " segments"
        )
    for segment, (low, high) in zip(segments, _RANGES, strict=True):
        for part in segment.split(","):
            _check_part(part, low, high)


def _check_part(part: str, low: int, high: int) -> None:
    """Check `*`, `5`, `1-5`, `*/2` or `1-5/2`."""
    span, *steps = part.split("/")
    if len(steps) > 1:
        raise InvalidCron("invalid segment step format - must be in the format */n or 1-30/n")
    step = _integer(steps[0]) if steps else 1
    if not 1 <= step <= high and steps:
        raise InvalidCron(
            f"invalid segment step boundary - the step must be between 1 and the {high}"
        )
    if span == "*":
        return
    ends = span.split("-")
    if len(ends) > 2:
        raise InvalidCron("invalid segment range format - the range must have 1 or 2 parts")
    if len(ends) == 1:
        _check_single(ends[0], step, low, high)
    else:
        _check_range(ends[0], ends[1], low, high)


def _check_single(text: str, step: int, low: int, high: int) -> None:
    if step != 1:
        raise InvalidCron(
            "invalid segment step - step > 1 could be used only with the wildcard or range format"
        )
    if not low <= _integer(text) <= high:
        raise InvalidCron("invalid segment value - must be between the min and max of the segment")


def _check_range(first: str, last: str, low: int, high: int) -> None:
    start = _integer(first)
    if not low <= start <= high:
        raise InvalidCron(f"invalid segment range minimum - must be between {low} and {high}")
    if not start <= _integer(last) <= high:
        raise InvalidCron(f"invalid segment range maximum - must be between {start} and {high}")


def _integer(text: str) -> int:
    """Return the number that text is, with Go's words where it is none."""
    if not _INTEGER.fullmatch(text):
        raise InvalidCron(f'strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if not -_MAX_INTEGER - 1 <= number <= _MAX_INTEGER:
        raise InvalidCron(f'strconv.Atoi: parsing "{text}": value out of range')
    return number

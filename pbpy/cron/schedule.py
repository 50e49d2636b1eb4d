"""Schedule: a cron expression of five segments, or a macro like `@daily`, parsed.

Source: PocketBase tools/cron/schedule.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pbpy.go_quote import go_quote

if TYPE_CHECKING:
    from datetime import datetime

_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
"""Minute, hour, day, month, day of the week."""

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_MAX_DIGITS: Final = 19
_MAX_INTEGER: Final = 2**63 - 1


class InvalidCron(ValueError):
    """The expression cannot be used; the text is PocketBase's."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job is due: at the minutes that are in all five sets.

    Attributes:
        expression: five segments; a macro is written out.
        weekdays: 0 is Sunday.
    """

    expression: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def is_due(self, moment: datetime) -> bool:
        """Tell whether the minute of moment is one of them, in the time zone of moment."""
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.day in self.days
            and moment.month in self.months
            and moment.isoweekday() % 7 in self.weekdays
        )


def parse_schedule(text: str) -> Schedule:
    """Return the schedule that text says.

    Raises:
        InvalidCron: it says none.
    """
    expression = _MACROS.get(text, text)
    segments = expression.split(" ")
    if len(segments) != len(_RANGES):
        raise InvalidCron(
            "invalid cron expression - must be a valid macro or to have exactly 5 space separated"
            " segments"
        )
    return Schedule(
        expression,
        *(
            frozenset(value for part in segment.split(",") for value in _values(part, low, high))
            for segment, (low, high) in zip(segments, _RANGES, strict=True)
        ),
    )


def _values(part: str, low: int, high: int) -> range:
    """Return the values of `*`, `5`, `1-5`, `*/2` or `1-5/2`."""
    span, *steps = part.split("/")
    if len(steps) > 1:
        raise InvalidCron("invalid segment step format - must be in the format */n or 1-30/n")
    step = _integer(steps[0]) if steps else 1
    if not 1 <= step <= high:
        raise InvalidCron(
            f"invalid segment step boundary - the step must be between 1 and the {high}"
        )
    if span == "*":
        return range(low, high + 1, step)
    ends = span.split("-")
    if len(ends) > 2:
        raise InvalidCron("invalid segment range format - the range must have 1 or 2 parts")
    if len(ends) == 1:
        value = _single(span, step, low, high)
        return range(value, value + 1)
    first, last = _range(ends[0], ends[1], low, high)
    return range(first, last + 1, step)


def _single(text: str, step: int, low: int, high: int) -> int:
    if step != 1:
        raise InvalidCron(
            "invalid segment step - step > 1 could be used only with the wildcard or range format"
        )
    value = _integer(text)
    if not low <= value <= high:
        raise InvalidCron("invalid segment value - must be between the min and max of the segment")
    return value


def _range(first: str, last: str, low: int, high: int) -> tuple[int, int]:
    start = _integer(first)
    if not low <= start <= high:
        raise InvalidCron(f"invalid segment range minimum - must be between {low} and {high}")
    end = _integer(last)
    if not start <= end <= high:
        raise InvalidCron(f"invalid segment range maximum - must be between {start} and {high}")
    return start, end


def _integer(text: str) -> int:
    """Return the number that text is, with Go's words where it is none."""
    if not _INTEGER.fullmatch(text):
        raise InvalidCron(f"strconv.Atoi: parsing {go_quote(text)}: invalid syntax")
    # First by its length: int() refuses more than 4,300 digits in words of its own.
    digits = text.lstrip("+-0")
    number = int(digits or "0") if len(digits) <= _MAX_DIGITS else _MAX_INTEGER + 2
    if text[0] == "-":
        number = -number
    if not -_MAX_INTEGER - 1 <= number <= _MAX_INTEGER:
        raise InvalidCron(f'strconv.Atoi: parsing "{text}": value out of range')
    return number

"""Dates as PocketBase writes them, from every form it accepts.

The forms are those of Go's time package that PocketBase tries in turn; a text in none of
them is no date. Digits below the millisecond are cut off.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TypeAlias

DateText: TypeAlias = str
"""`2022-01-01 10:00:00.123Z`, always UTC, or empty for no date."""

_PLAIN = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z",
    re.ASCII,
)
_ZERO = "0001-01-01 00:00:00.000Z"

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}

# The pieces of Go's layouts.
_DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_FRACTION = r"(?:[.,](?P<fraction>\d+))?"
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)"
_TIME = rf"{_CLOCK}:(?P<second>\d\d){_FRACTION}"
_WEEKDAY = r"(?i:sun|mon|tue|wed|thu|fri|sat)"
_LONG_WEEKDAY = r"(?i:sunday|monday|tuesday|wednesday|thursday|friday|saturday)"
_MONTH = r"(?P<month_name>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
_SHORT_YEAR = r"(?P<short_year>\d\d)"
_DAY = r"(?P<day>\d\d)"
_SPACED_DAY = r" *(?P<day>\d\d?)"
_OFFSET = r"(?P<sign>[+-])(?P<offset_hour>\d\d)(?P<offset_minute>\d\d)"
_COLON_OFFSET = r"(?P<sign>[+-])(?P<offset_hour>\d\d):(?P<offset_minute>\d\d)"
_ZONE = (
    r"(?P<zone>GMT[+-]\d+|ChST|MeST|WITA|UTC|[A-Z]{3,4}ST|[A-Z]{3,4}DT|[A-Z]{3}T?"
    r"|[+-]\d+)"
)

_FORMS = tuple(
    re.compile(pattern + r"\Z", re.ASCII)
    for pattern in (
        _DATE,
        rf"{_DATE}[T ]{_TIME}",
        rf"{_DATE}[T ]{_TIME}(?:Z|{_COLON_OFFSET})",
        rf"{_DATE}[T ]{_TIME}{_OFFSET}",
        rf"{_DATE} {_TIME} {_OFFSET}(?: {_ZONE})?",
        rf"{_DATE} {_TIME} {_COLON_OFFSET}",
        rf"{_WEEKDAY}, {_DAY} {_MONTH} (?P<year>\d{{4}}) {_TIME} (?:{_OFFSET}|{_ZONE})",
        rf"{_DAY} {_MONTH} {_SHORT_YEAR} {_CLOCK} (?:{_OFFSET}|{_ZONE})",
        rf"{_LONG_WEEKDAY}, {_DAY}-{_MONTH}-{_SHORT_YEAR} {_TIME} {_ZONE}",
        rf"{_WEEKDAY} {_MONTH} {_SPACED_DAY} {_TIME} (?:{_ZONE} )?(?P<year>\d{{4}})",
        rf"{_WEEKDAY} {_MONTH} {_DAY} {_TIME} {_OFFSET} (?P<year>\d{{4}})",
        rf"{_DAY} {_MONTH} (?P<year>\d{{4}})",
        rf"{_CLOCK}(?P<half>AM|PM)",
        rf"{_MONTH} {_SPACED_DAY} {_TIME}",
    )
)

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_date(text: str) -> DateText:
    """Return the date in text in PocketBase's form, or "" when there is none."""
    if len(text) == 24 and _PLAIN.match(text):
        return "" if text == _ZERO else text
    for form in _FORMS:
        match = form.match(text)
        if match:
            found = _read(match.groupdict())
            if found is not None:
                return "" if found == _ZERO else found
    return ""


def format_moment(moment: datetime) -> DateText:
    """Return an aware datetime in PocketBase's form; a naive one counts as UTC."""
    return parse_date(moment.isoformat(" ", "milliseconds"))


def _read(parts: dict[str, str | None]) -> str | None:
    year, month, day = _read_day(parts)
    hour = _read_hour(parts)
    minute = int(parts.get("minute") or 0)
    second = int(parts.get("second") or 0)
    if not (0 < month < 13 and 0 < day <= _month_days(year, month)):
        return None
    if hour is None or minute > 59 or second > 59:
        return None
    offset = _read_offset(parts)
    if offset is None:
        return None
    if offset:
        # Python's calendar ends at 1 and 9999, Go's does not; it repeats every 400 years.
        shifted = datetime(2000 + year % 400, month, day, hour, minute) - timedelta(minutes=offset)  # noqa: DTZ001
        year += shifted.year - (2000 + year % 400)
        month, day, hour, minute = shifted.month, shifted.day, shifted.hour, shifted.minute
    millisecond = (parts.get("fraction") or "")[:3].ljust(3, "0")
    shown_year = f"-{-year:04d}" if year < 0 else f"{year:04d}"
    return f"{shown_year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}.{millisecond}Z"


def _read_day(parts: dict[str, str | None]) -> tuple[int, int, int]:
    short_year = parts.get("short_year")
    if short_year:
        year = int(short_year) + (1900 if int(short_year) >= 69 else 2000)
    else:
        year = int(parts.get("year") or 0)
    month_name = parts.get("month_name")
    month = _MONTHS[month_name.lower()] if month_name else int(parts.get("month") or 1)
    return year, month, int(parts.get("day") or 1)


def _read_hour(parts: dict[str, str | None]) -> int | None:
    hour = int(parts.get("hour") or 0)
    half = parts.get("half")
    if half:
        if hour > 12:
            return None
        return hour % 12 + (12 if half == "PM" else 0)
    return hour if hour < 24 else None


def _read_offset(parts: dict[str, str | None]) -> int | None:
    """Return the minutes east of UTC; None when they are out of range."""
    sign = parts.get("sign")
    if not sign:
        return _read_zone(parts.get("zone") or "")
    hours, minutes = int(parts["offset_hour"] or 0), int(parts["offset_minute"] or 0)
    if hours > 24 or minutes > 60:
        return None
    return (hours * 60 + minutes) * (1 if sign == "+" else -1)


def _read_zone(zone: str) -> int | None:
    """Return 0: names of zones carry no offset.

    PocketBase: only `GMT+3` does, and in the wrong direction.
    """
    signed = zone.removeprefix("GMT")
    if signed[:1] not in ("+", "-"):
        return 0
    hours = int(signed[:20])
    if abs(hours) > 23:
        return None
    return 0 if signed == zone else -60 * hours


def _month_days(year: int, month: int) -> int:
    if month == 2 and not (year % 4 == 0 and (year % 100 or year % 400 == 0)):
        return 28
    return _DAYS[month - 1]

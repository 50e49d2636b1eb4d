"""Macros: `@now` and its relatives, in UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pbpy.datetimes import format_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pbpy.store.sql import SqlValue


def _start(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _end(moment: datetime) -> datetime:
    return moment.replace(hour=23, minute=59, second=59, microsecond=999999)


def _month_end(moment: datetime) -> datetime:
    last = calendar.monthrange(moment.year, moment.month)[1]
    return _end(moment.replace(day=last))


_MACROS: Mapping[str, Callable[[datetime], datetime | int]] = {
    "@now": lambda now: now,
    "@yesterday": lambda now: now - timedelta(days=1),
    "@tomorrow": lambda now: now + timedelta(days=1),
    "@second": lambda now: now.second,
    "@minute": lambda now: now.minute,
    "@hour": lambda now: now.hour,
    "@day": lambda now: now.day,
    "@month": lambda now: now.month,
    "@weekday": lambda now: (now.weekday() + 1) % 7,
    "@year": lambda now: now.year,
    "@todayStart": _start,
    "@todayEnd": _end,
    "@monthStart": lambda now: _start(now.replace(day=1)),
    "@monthEnd": _month_end,
    "@yearStart": lambda now: _start(now.replace(month=1, day=1)),
    "@yearEnd": lambda now: _end(now.replace(month=12, day=31)),
}

MACRO_NAMES = frozenset(_MACROS)


def macro_value(name: str, now: str) -> SqlValue:
    """Return the value of a macro at a moment, given as PocketBase writes it."""
    value = _MACROS[name](datetime.fromisoformat(now).astimezone(UTC))
    return value if isinstance(value, int) else format_datetime(value)

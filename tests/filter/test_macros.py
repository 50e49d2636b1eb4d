from __future__ import annotations

import pytest

from pbpy.filter.macros import MACRO_NAMES, macro_value

NOW = "2024-02-29 23:15:09.120Z"  # a Thursday

VALUES = {
    "@now": NOW,
    "@yesterday": "2024-02-28 23:15:09.120Z",
    "@tomorrow": "2024-03-01 23:15:09.120Z",
    "@second": 9,
    "@minute": 15,
    "@hour": 23,
    "@day": 29,
    "@month": 2,
    "@weekday": 4,
    "@year": 2024,
    "@todayStart": "2024-02-29 00:00:00.000Z",
    "@todayEnd": "2024-02-29 23:59:59.999Z",
    "@monthStart": "2024-02-01 00:00:00.000Z",
    "@monthEnd": "2024-02-29 23:59:59.999Z",
    "@yearStart": "2024-01-01 00:00:00.000Z",
    "@yearEnd": "2024-12-31 23:59:59.999Z",
}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_macros(name: str) -> None:
    assert macro_value(name, NOW) == VALUES[name]


def test_every_macro_is_tested() -> None:
    assert frozenset(VALUES) == MACRO_NAMES


def test_sunday_is_zero() -> None:
    assert macro_value("@weekday", "2024-03-03 00:00:00.000Z") == 0

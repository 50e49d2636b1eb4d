"""Attempts and pauses."""

from __future__ import annotations

from pbpy.auth import limits
from pbpy.auth.limits import Attempts, Pauses


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_attempts_count_in_a_window_that_begins_with_the_first() -> None:
    clock = Clock()
    attempts = Attempts(2, 10, clock)
    assert attempts.allow("a")
    clock.now += 9
    assert attempts.allow("a")
    assert not attempts.allow("a")
    assert attempts.allow("b")
    clock.now += 1
    assert attempts.allow("a")
    assert attempts.allow("a")
    assert not attempts.allow("a")


def test_a_pause_ends_by_itself_or_early() -> None:
    clock = Clock()
    pauses = Pauses(10, clock)
    assert pauses.begin("a", "1")
    assert not pauses.begin("a", "1")
    assert pauses.begin("a", "2")
    pauses.end("a", "1")
    pauses.end("a", "never begun")
    assert pauses.begin("a", "1")
    clock.now += 10
    assert pauses.begin("a", "1")


def test_memory_is_bounded_by_what_still_counts(monkeypatch: object) -> None:
    clock = Clock()
    attempts, pauses = Attempts(1, 10, clock), Pauses(10, clock)
    for number in range(limits._MAX_KEYS):
        attempts.allow(str(number))
        pauses.begin(str(number))
    clock.now += 11
    assert attempts.allow("new")
    assert pauses.begin("new")
    assert len(attempts._seen) == len(pauses._until) == 1

"""Attempts and pauses, of one process and of workers that count together."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from pbpy.auth.limits import OTP_ATTEMPTS, Attempts, AuthLimits, Pauses
from pbpy.settings.counts import LocalCounts
from pbpy.settings.shared_counts import SharedCounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pbpy.settings.counts import Counts


class Clock:
    def __init__(self) -> None:
        self.now = 1000.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["local", "shared"])
def counts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counts]:
    made = LocalCounts() if request.param == "local" else SharedCounts(tmp_path / "limits")
    with closing(made):
        yield made


def test_attempts_count_in_a_window_that_begins_with_the_first(counts: Counts) -> None:
    clock = Clock()
    attempts = Attempts(counts, "x", 2, 10, clock)
    assert attempts.allow("a")
    clock.now += 9.9
    assert attempts.allow("a")
    assert not attempts.allow("a")
    assert attempts.allow("b")
    clock.now += 0.2
    assert attempts.allow("a")
    assert attempts.allow("a")
    assert not attempts.allow("a")


def test_a_refused_attempt_prolongs_nothing(counts: Counts) -> None:
    clock = Clock()
    attempts = Attempts(counts, "x", 1, 10, clock)
    assert attempts.allow("a")
    for _ in range(9):
        clock.now += 1
        assert not attempts.allow("a")
    clock.now += 1
    assert attempts.allow("a")


def test_a_pause_ends_by_itself_or_early(counts: Counts) -> None:
    clock = Clock()
    pauses = Pauses(counts, "x", 10, clock)
    assert pauses.begin("a", "1")
    assert not pauses.begin("a", "1")
    assert pauses.begin("a", "2")
    pauses.end("a", "1")
    pauses.end("a", "never begun")
    assert pauses.begin("a", "1")
    assert not pauses.begin("a", "2")
    clock.now += 10
    assert pauses.begin("a", "1")


def test_no_two_keys_are_one(counts: Counts) -> None:
    keys = [("a", "b"), ("ab",), ("a b",), ("a", "", "b"), ("a\0b",), ("a', 'b",), ("\ud800",)]
    for name in ("x", "y"):
        pauses = Pauses(counts, name, 10, Clock())
        assert [pauses.begin(*key) for key in keys] == [True] * len(keys)
        assert not any(pauses.begin(*key) for key in keys)


@contextmanager
def workers(folder: Path, count: int) -> Iterator[list[AuthLimits]]:
    found = [AuthLimits(folder) for _ in range(count)]
    yield found
    for each in found:
        each.close()
        each.close()


def test_workers_count_together(tmp_path: Path) -> None:
    with workers(tmp_path, 3) as (one, two, three):
        tries = [each.otp.allow("users", "r", "::1") for each in (one, two, three) * 3]
        assert tries == [True] * OTP_ATTEMPTS + [False] * 4
        assert two.otp.allow("users", "other", "::1")
        assert one.resend.begin("verification", "users", "r")
        assert not two.resend.begin("verification", "users", "r")
        three.resend.end("verification", "users", "r")
        assert two.resend.begin("verification", "users", "r")
        assert not one.resend.begin("verification", "users", "r")


def test_a_worker_that_comes_later_knows_what_was_counted(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as (one, _):
        assert one.resend.begin("verification", "users", "r")
    with workers(tmp_path, 1) as (successor,):
        assert not successor.resend.begin("verification", "users", "r")


def test_applications_in_one_process_are_apart() -> None:
    one, other = AuthLimits(), AuthLimits()
    assert one.resend.begin("verification", "users", "r")
    assert other.resend.begin("verification", "users", "r")

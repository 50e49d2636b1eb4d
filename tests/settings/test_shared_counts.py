"""Counters that several workers share."""

from __future__ import annotations

import contextlib
import itertools
import signal
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbpy.settings import shared_counts
from pbpy.settings.model import RateLimitRule, RateLimits
from pbpy.settings.rate_limiter import RateLimiter
from pbpy.settings.shared_counts import SharedCounts, _first

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_S = 15.0
PLACES = shared_counts._PLACES
RULE = RateLimitRule(label="/a", duration=3, max_requests=2)
CLIENTS = st.sampled_from(["10.0.0.1", "10.0.0.2", "::1"])
STEPS = st.lists(st.tuples(st.integers(0, 2), CLIENTS, st.integers(0, 2)), max_size=40)


@given(STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_workers_together_allow_what_one_would(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, int]]
) -> None:
    path = tmp_path_factory.mktemp("counts") / "limits"
    now = 100.0

    def clock() -> float:
        return now

    limits = RateLimits(rules=(RULE,))
    alone = RateLimiter(limits, clock)
    tables = [SharedCounts(path) for _ in range(3)]
    workers = [RateLimiter(limits, clock, table, "g") for table in tables]
    for worker, client, pause_s in steps:
        now += pause_s
        expected = alone.allows("x", RULE, client)
        assert workers[worker].allows("x", RULE, client) == expected
    for table in tables:
        table.close()


def test_counters_and_generations_are_apart(tmp_path: Path) -> None:
    with closing(SharedCounts(tmp_path / "limits")) as table:
        limits = RateLimits(rules=(RULE,))
        for generation in ("one", "two"):
            limiter = RateLimiter(limits, lambda: 100.0, table, generation)
            for counter in ("a", ("b", "c")):
                found = [limiter.allows(counter, RULE, "10.0.0.1") for _ in range(3)]
                assert found == [True, True, False]


# what is lost where there is no place


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedCounts]:
    """A table in which all keys share the same places."""
    monkeypatch.setattr(shared_counts, "_SLOTS", 1)
    with closing(SharedCounts(tmp_path / "limits")) as made:
        yield made


def test_windows_that_have_ended_make_room_first(table: SharedCounts) -> None:
    assert table.take("ended", 1, 100, 1000)
    others = [f"key {number}" for number in range(PLACES - 1)]
    assert all(table.take(key, 2, 200, 1000) for key in others)
    assert table.take("new", 1, 100, 1100)
    for key in others:
        assert [table.take(key, 2, 200, 1100) for _ in range(2)] == [True, False]
    assert not table.take("new", 1, 100, 1100)


def test_a_window_that_was_forgotten_makes_room(table: SharedCounts) -> None:
    for number in range(PLACES):
        assert table.take(f"key {number}", 1, 100, 1000)
    table.forget("key 7")
    table.forget("never counted")
    assert table.take("new", 1, 100, 1000)
    kept = [number for number in range(PLACES) if number != 7]
    assert not any(table.take(f"key {number}", 1, 100, 1000) for number in kept)


def test_a_full_window_outlives_those_with_something_left(table: SharedCounts) -> None:
    """Keys that were used once, as addresses by the thousand, reset nobody's limit."""
    assert [table.take("victim", 2, 100, 1000) for _ in range(3)] == [True, True, False]
    for number in range(100 * PLACES):
        assert table.take(f"key {number}", 2, 500, 1000)
    assert not table.take("victim", 2, 100, 1000)
    assert table.take("victim", 2, 100, 1100)


def test_among_full_windows_the_one_that_ends_first_makes_room(table: SharedCounts) -> None:
    for number in range(PLACES):
        assert table.take(f"key {number}", 1, 100 + number, 1000)
        assert not table.take(f"key {number}", 1, 100 + number, 1000)
    assert table.take("one more", 1, 500, 1000)
    assert not table.take("one more", 1, 500, 1000)
    assert not table.take("key 1", 1, 101, 1000)
    assert table.take("key 0", 1, 100, 1000)


def test_nobody_can_compute_which_keys_share_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may choose any keys still has to fill the table: its order is a secret of its own."""
    monkeypatch.setattr(shared_counts, "_SLOTS", 1 << 10)
    with closing(SharedCounts(tmp_path / "known")) as known:
        place = _first(known._digest("victim"))
        keys = (f"key {number}" for number in itertools.count())
        beside = (key for key in keys if _first(known._digest(key)) == place)
        rivals = list(itertools.islice(beside, PLACES))
        assert is_pushed_out(known, rivals)
    with closing(SharedCounts(tmp_path / "other")) as other:
        assert not is_pushed_out(other, rivals)


def is_pushed_out(table: SharedCounts, rivals: list[str]) -> bool:
    """Tell whether full windows of the rivals, which end later, end that of a victim."""
    assert table.take("victim", 1, 100, 1000)
    assert all(table.take(key, 1, 200, 1000) for key in rivals)
    return table.take("victim", 1, 100, 1000)


def test_a_flood_of_strangers_resets_nobody(tmp_path: Path) -> None:
    """A quarter of the table is filled with full windows, far more than a window's time allows."""
    with closing(SharedCounts(tmp_path / "limits")) as table:
        victims = [f"victim {number}" for number in range(1000)]
        assert all(table.take(key, 1, 100, 1000) for key in victims)
        for number in range(shared_counts._SLOTS // 4):
            table.take(f"stranger {number}", 1, 200, 1000)
        assert not any(table.take(key, 1, 100, 1000) for key in victims)


# the file


def test_the_file_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "limits"
    with closing(SharedCounts(path)) as table:
        size = path.stat().st_size
        for number in range(5000):
            table.take(f"key {number}", 1, 100, number)
            table.forget(f"key {number // 2}")
        assert path.stat().st_size == size < 3e6
        assert path.stat().st_mode & 0o777 == 0o600


DIE = """
import os, signal, sys
from pathlib import Path
from pbpy.settings.shared_counts import SharedCounts
table = SharedCounts(Path(sys.argv[1]))
assert table.take("key", 2, 1000, 1)
with table._lock:
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_who_dies_with_the_lock_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "limits"
    with closing(SharedCounts(path)) as table:
        died = subprocess.run([sys.executable, "-c", DIE, str(path)], check=False, timeout=LIMIT_S)
        assert died.returncode == -signal.SIGKILL
        assert [table.take("key", 2, 1000, 1) for _ in range(2)] == [True, False]


# processes at the same time

BEGIN = """
import sys
from pathlib import Path
from pbpy.settings.shared_counts import SharedCounts
table = SharedCounts(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
"""
COUNT = """
print(sum(table.take("key", 30000, 1000, 1) for _ in range(20000)))
"""
PAUSE = """
begun = 0
while begun < 300:
    if table.take("pause", 1, 1000, 1):
        begun += 1
        assert not table.take("pause", 1, 1000, 1)
        table.forget("pause")
print(begun)
"""


def run_together(script: str, path: Path) -> list[int]:
    """Return what three processes print that begin at once."""
    command = [sys.executable, "-c", BEGIN + script, str(path)]
    pipe = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
            for _ in range(3)
        ]
        for run in runs:
            stack.callback(run.kill)
        for run in runs:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
        for run in runs:
            assert run.stdin is not None
            run.stdin.write("\n")
            run.stdin.flush()
        return [int(run.communicate(timeout=LIMIT_S)[0] or -1) for run in runs]


def test_processes_lose_no_count(tmp_path: Path) -> None:
    assert sum(run_together(COUNT, tmp_path / "limits")) == 30000


def test_a_pause_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    assert run_together(PAUSE, tmp_path / "limits") == [300] * 3

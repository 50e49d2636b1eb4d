"""Counters that several workers share."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbpy.settings import shared_counts
from pbpy.settings.model import RateLimitRule, RateLimits
from pbpy.settings.rate_limiter import RateLimiter
from pbpy.settings.shared_counts import SharedCounts

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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


def test_a_full_table_forgets_what_ends_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_SLOTS", 1)
    with closing(SharedCounts(tmp_path / "limits")) as table:
        places = shared_counts._PLACES
        for number in range(places):
            assert table.take(f"key {number}", 1, 100 + number, 1000)
            assert not table.take(f"key {number}", 1, 100 + number, 1000)
        assert table.take("one more", 1, 500, 1000)
        assert not table.take("one more", 1, 500, 1000)
        assert not table.take("key 1", 1, 101, 1000)
        assert table.take("key 0", 1, 100, 1000)


COUNT = """
import sys
from pathlib import Path
from pbpy.settings.shared_counts import SharedCounts
table = SharedCounts(Path(sys.argv[1]))
sys.stdin.read()
print(sum(table.take("key", 1000, 1000, 1) for _ in range(400)))
"""


def test_processes_lose_no_count(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COUNT, str(tmp_path / "limits")]
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(subprocess.check_output, command, input=b"") for _ in range(3)]
        assert sum(int(each.result()) for each in runs) == 1000

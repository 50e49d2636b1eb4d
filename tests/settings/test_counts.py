"""Counters in memory."""

from __future__ import annotations

from pbpy.settings import counts
from pbpy.settings.counts import LocalCounts


def test_memory_is_bounded_by_what_still_counts() -> None:
    found = LocalCounts()
    for number in range(10 * counts._SWEEP_AT):
        assert found.take(f"key {number}", 1, 100.0, number)
        assert not found.take(f"key {number}", 1, 100.0, number)
        assert len(found._windows) <= counts._SWEEP_AT + 1
    live = 3 * counts._SWEEP_AT
    for number in range(live):
        assert found.take(f"live {number}", 1, 100.0, 1e6)
    assert not any(found.take(f"live {number}", 1, 100.0, 1e6) for number in range(live))

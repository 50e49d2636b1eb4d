"""Counters of what may happen so many times in a window: the interface, and one in memory."""

from __future__ import annotations

from typing import Protocol

_SWEEP_AT = 1000
"""From this number of keys on, those whose window has ended are forgotten."""


class Counts(Protocol):
    """Windows, each of one key; a window begins with its first count and is never prolonged."""

    def take(self, key: str, limit: int, duration: float, now: float) -> bool:
        """Count one in the window of a key; False when it is full.

        Args:
            key: what is counted.
            limit: how many a window may hold that begins now.
            duration: of a window that begins now, in seconds.
            now: seconds of a clock that never goes back, the same for all who count together.
        """

    def forget(self, key: str) -> None:
        """End the window of a key; the next count begins a new one."""

    def close(self) -> None:
        """Let go of what is counted; safe to call twice."""


class LocalCounts:
    """The counters of one process. Fulfils `Counts`.

    It holds no more than twice the keys whose window has not ended.
    """

    __slots__ = ("_sweep_at", "_windows")

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}  # the end, and what is left
        self._sweep_at = _SWEEP_AT

    def take(self, key: str, limit: int, duration: float, now: float) -> bool:
        """Count one in the window of a key; False when it is full."""
        end, left = self._windows.get(key, (now, 0))
        if now >= end:
            end, left = now + duration, limit
        if left <= 0:
            return False
        self._windows[key] = end, left - 1
        if len(self._windows) > self._sweep_at:
            self._sweep(now)
        return True

    def _sweep(self, now: float) -> None:
        self._windows = {key: window for key, window in self._windows.items() if now < window[0]}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._windows))

    def forget(self, key: str) -> None:
        """End the window of a key."""
        self._windows.pop(key, None)

    def close(self) -> None:
        """Forget everything."""
        self._windows.clear()

"""Rate limits: which rule concerns a request, and whether a client may go on.

A window is fixed: the first request of a client opens it, and all that come until it ends share
the rule's number of requests. What is counted lives as long as the settings it came from.

Source: PocketBase apis/middlewares_rate_limit.go, core/settings_model.go FindRateLimitRule.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pbpy.settings.addresses import is_listed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from pbpy.settings.model import RateLimitRule, RateLimits
    from pbpy.settings.shared_counts import SharedCounts

GUEST = "@guest"
AUTH = "@auth"

_SWEEP_AT = 1000
"""From this number of clients on, those whose window has ended are forgotten."""


class RateLimiter:
    """The rules of one value of the settings, with their counters.

    Args:
        limits: the settings.
        clock: seconds of a clock that never goes back.
        shared: where the workers of a server count together; None for a process of its own.
        generation: what differs between two values of the settings, the same in all workers.
    """

    def __init__(
        self,
        limits: RateLimits,
        clock: Callable[[], float] = time.monotonic,
        shared: SharedCounts | None = None,
        generation: str = "",
    ) -> None:
        self._excluded = limits.excluded_ips
        self._guest = _Rules(limits.rules, GUEST)
        self._auth = _Rules(limits.rules, AUTH)
        self._windows: dict[Hashable, _Windows] = {}
        self._shared = shared
        self._generation = generation
        self._clock = clock

    def find_rule(self, labels: Iterable[str], *, is_guest: bool) -> RateLimitRule | None:
        """Return the rule of the first label that has one; labels stand in their precedence."""
        return (self._guest if is_guest else self._auth).find(labels)

    def allows(self, counter: Hashable, rule: RateLimitRule, ip: str) -> bool:
        """Count a request and tell whether it may go on.

        A counter keeps the limits of the rule that it was first used with. A client without
        an address, or with an excluded one, is not counted.
        """
        if not ip or is_listed(self._excluded, ip):
            return True
        windows = self._windows.get(counter)
        if windows is None:
            windows = self._windows[counter] = self._new_windows(counter, rule)
        return windows.take(ip, int(self._clock()))

    def _new_windows(self, counter: Hashable, rule: RateLimitRule) -> _Windows:
        if self._shared is None:
            return _Windows(rule.max_requests, rule.duration)
        name = f"{self._generation} {counter!r} "
        return _SharedWindows(self._shared, name, rule.max_requests, rule.duration)


class _Rules:
    """The rules that concern one audience; the first of a label counts."""

    __slots__ = ("_exact", "_prefixes")

    def __init__(self, rules: tuple[RateLimitRule, ...], audience: str) -> None:
        fitting = [rule for rule in rules if rule.audience in ("", audience)]
        self._exact = {rule.label: rule for rule in reversed(fitting)}
        self._prefixes = [rule for rule in fitting if rule.label.endswith("/")]

    def find(self, labels: Iterable[str]) -> RateLimitRule | None:
        for label in labels:
            rule = self._exact.get(label)
            if rule is not None:
                return rule
            below = label + "/"
            for rule in self._prefixes:
                if below.startswith(rule.label):
                    return rule
        return None


class _Windows:
    """One counter: the window of every client."""

    __slots__ = ("_duration", "_limit", "_sweep_at", "_used")

    def __init__(self, limit: int, duration: int) -> None:
        self._limit = limit
        self._duration = duration
        self._used: dict[str, tuple[int, int]] = {}
        self._sweep_at = _SWEEP_AT

    def take(self, client: str, now: int) -> bool:
        began, used = self._used.get(client, (now, 0))
        if now - began >= self._duration:
            began, used = now, 0
        if used >= self._limit:
            return False
        self._used[client] = began, used + 1
        if len(self._used) > self._sweep_at:
            self._sweep(now)
        return True

    def _sweep(self, now: int) -> None:
        self._used = {
            client: window
            for client, window in self._used.items()
            if now - window[0] < self._duration
        }
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._used))


class _SharedWindows(_Windows):
    """One counter of all workers."""

    __slots__ = ("_name", "_shared")

    def __init__(self, shared: SharedCounts, name: str, limit: int, duration: int) -> None:
        super().__init__(limit, duration)
        self._name = name
        self._shared = shared

    def take(self, client: str, now: int) -> bool:
        return self._shared.take(self._name + client, self._limit, self._duration, now)

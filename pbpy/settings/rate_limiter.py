"""Rate limits: which rule concerns a request, and whether a client may go on.

A window is fixed: the first request of a client opens it, and all that come until it ends share
the rule's number of requests. What is counted lives as long as the settings it came from.

Source: PocketBase apis/middlewares_rate_limit.go, core/settings_model.go FindRateLimitRule.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pbpy.settings.addresses import is_listed
from pbpy.settings.counts import LocalCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from pbpy.settings.counts import Counts
    from pbpy.settings.model import RateLimitRule, RateLimits

GUEST = "@guest"
AUTH = "@auth"


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
        shared: Counts | None = None,
        generation: str = "",
    ) -> None:
        self._excluded = limits.excluded_ips
        self._guest = _Rules(limits.rules, GUEST)
        self._auth = _Rules(limits.rules, AUTH)
        self._counters: dict[Hashable, tuple[str, RateLimitRule]] = {}
        self._counts = LocalCounts() if shared is None else shared
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
        named = self._counters.get(counter)
        if named is None:
            named = self._counters[counter] = f"{self._generation} {counter!r} ", rule
        name, rule = named
        return self._counts.take(name + ip, rule.max_requests, rule.duration, int(self._clock()))


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

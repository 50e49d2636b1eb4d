"""Which rule concerns a request, and what a window lets pass."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.settings.model import RateLimitRule, RateLimits
from pbpy.settings.rate_limiter import AUTH, GUEST, RateLimiter

labels = st.sampled_from(
    ["/a", "/a/", "/a/b", "/a/b/", "GET /a", "GET /a/", "x:list", "*:list", "word", "/"]
)
rules = st.builds(
    RateLimitRule,
    label=labels,
    audience=st.sampled_from(["", GUEST, AUTH]),
    duration=st.integers(1, 5),
    max_requests=st.integers(1, 5),
)


def naive_rule(
    rules: list[RateLimitRule], searched: list[str], audience: str
) -> RateLimitRule | None:
    """Look as PocketBase does: for each label the exact rules, then the prefixes."""
    for label in searched:
        for rule in rules:
            if rule.label == label and rule.audience in ("", audience):
                return rule
        for rule in rules:
            is_prefix = rule.label.endswith("/") and f"{label}/".startswith(rule.label)
            if is_prefix and rule.audience in ("", audience):
                return rule
    return None


@given(st.lists(rules, max_size=6), st.lists(labels, max_size=4), st.booleans())
def test_the_first_label_with_a_rule_decides(
    known: list[RateLimitRule], searched: list[str], is_guest: bool
) -> None:
    limiter = RateLimiter(RateLimits(rules=tuple(known)))
    expected = naive_rule(known, searched, GUEST if is_guest else AUTH)
    assert limiter.find_rule(searched, is_guest=is_guest) == expected


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@given(
    st.integers(1, 4),
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["1.1.1.1", "2.2.2.2"])), max_size=40),
)
def test_a_window_is_fixed(most: int, duration: int, requests: list[tuple[int, str]]) -> None:
    """SEC-20: what a window let pass never exceeds its limit, and waiting refills it whole."""
    clock = Clock()
    limiter = RateLimiter(RateLimits(), clock)
    rule = RateLimitRule("/a", duration=duration, max_requests=most)
    began: dict[str, float] = {}
    passed: dict[str, int] = {}
    for wait, ip in requests:
        clock.now += wait
        if ip not in began or clock.now - began[ip] >= duration:
            began[ip], passed[ip] = clock.now, 0
        expected = passed[ip] < most
        assert limiter.allows("counter", rule, ip) == expected
        passed[ip] += expected


def test_counters_are_apart_and_keep_their_first_limits() -> None:
    limiter = RateLimiter(RateLimits(), Clock())
    one, two = (RateLimitRule("/a", duration=9, max_requests=most) for most in (1, 2))
    assert limiter.allows("a", one, "1.1.1.1")
    assert not limiter.allows("a", two, "1.1.1.1")
    assert limiter.allows("b", two, "1.1.1.1")
    assert limiter.allows("b", one, "1.1.1.1")
    assert not limiter.allows("b", two, "1.1.1.1")


@pytest.mark.parametrize("ip", ["", "10.0.0.9", "127.0.0.1"])
def test_excluded_and_unknown_clients_are_not_counted(ip: str) -> None:
    limiter = RateLimiter(RateLimits(excluded_ips=("127.0.0.1", "10.0.0.0/24")), Clock())
    rule = RateLimitRule("/a", duration=9, max_requests=1)
    assert all(limiter.allows("a", rule, ip) for _ in range(5))

"""Addresses behind trusted proxies (contract 11.4)."""

from __future__ import annotations

import pytest

from pbpy.api.client_ip import find_real_ip
from pbpy.settings.model import TrustedProxy

FORWARDED = "X-Forwarded-For"


@pytest.mark.parametrize(
    ("trusted", "leftmost", "values", "ip"),
    [
        ((), False, ["1.1.1.1"], "9.9.9.9"),
        ((FORWARDED,), False, [], "9.9.9.9"),
        ((FORWARDED,), False, ["1.1.1.1, 2.2.2.2"], "2.2.2.2"),
        ((FORWARDED,), True, ["1.1.1.1, 2.2.2.2"], "1.1.1.1"),
        ((FORWARDED,), False, ["1.1.1.1, nonsense"], "1.1.1.1"),
        ((FORWARDED,), True, ["999.1.1.1, 2.2.2.2"], "2.2.2.2"),
        ((FORWARDED,), False, ["3.3.3.3", "1.1.1.1"], "1.1.1.1"),
        ((FORWARDED,), False, ["nonsense"], "9.9.9.9"),
        ((FORWARDED,), False, [""], "9.9.9.9"),
        (("X-Real-IP", FORWARDED), False, ["1.1.1.1"], "1.1.1.1"),
        ((FORWARDED,), False, ["2001:db8::1"], "2001:0db8:0000:0000:0000:0000:0000:0001"),
    ],
)
def test_real_ip(trusted: tuple[str, ...], leftmost: bool, values: list[str], ip: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in values]
    scope = {"type": "http", "headers": headers, "client": ("9.9.9.9", 1)}
    proxy = TrustedProxy(headers=trusted, use_leftmost_ip=leftmost)
    assert find_real_ip(scope, proxy) == ip

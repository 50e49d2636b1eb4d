"""SEC-06: a token of many dots, or a huge one, is refused before anything is made of it."""

from __future__ import annotations

import tracemalloc

import pytest

from pbpy.auth.tokens import parse_claims, read_claims
from pbpy.errors import TokenError

MIB = 1 << 20


@pytest.mark.parametrize("token", ["." * MIB, "a." * MIB, "a" * MIB + ".b.c", "a.b", "a.b.c.d", ""])
def test_it_takes_no_memory(token: str) -> None:
    tracemalloc.start()
    try:
        for read in (read_claims, parse_claims):
            with pytest.raises(TokenError):
                read(token)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MIB // 4

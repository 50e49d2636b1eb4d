"""The jobs of the clock (contract 1.2, rows 45 and 46), and which expressions are taken."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, user
from tests.differential.steps import Actor, Step, guest, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

CRONS = "/api/crons"
SETTINGS = "/api/settings"
END = r'(,\{"id":"__pbLogsCleanup__"[^}]*\})?\]$'
"""The end of the list, with PocketBase's job for what pbpy does not have yet."""

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
ODD = ("", " ", "*", "**", "-", "--1", "+1", "01", "1.0", "x", "MON", "?", "L", "1/1", "1/2", "/")


def drawn(count: int) -> list[str]:
    """Return expressions at and beyond the edges of what can be said."""
    draw = random.Random(20)
    return [" ".join(_segment(draw, low, high) for low, high in RANGES) for _ in range(count)]


def _segment(draw: random.Random, low: int, high: int) -> str:
    return ",".join(_part(draw, low, high) for _ in range(draw.choice((1, 1, 1, 2, 3))))


def _part(draw: random.Random, low: int, high: int) -> str:
    edges = (low - 1, low, low + 1, high - 1, high, high + 1)
    if draw.random() < 0.04:
        return draw.choice(ODD)
    span = draw.choice(("*", "*", "*", f"{draw.choice(edges[1:5])}", "range"))
    if span == "range":
        first, last = sorted(draw.choices(edges, weights=(1, 20, 20, 20, 20, 1), k=2))
        span = f"{first}-{last}" if draw.random() < 0.95 else f"{last}-{first}"
    if draw.random() < 0.6:
        return span
    return f"{span}/{draw.choice((1, 2, high - 1, high, high, high + draw.choice((0, 1))))}"


def expressions(*found: str) -> list[Step]:
    """Set each as the time of backups, which the same parser reads."""
    return [su.patch(SETTINGS, {"backups": {"cron": text}}) for text in found]


ada = Actor("ada")

SCENARIOS = [
    scenario(
        "crons",
        auth_collection("cr"),
        user("cr", "cruser000000001", "ada"),
        su.get(CRONS, mask=END),
        su.get(CRONS + "?fields=id", mask=END),
        su.get(CRONS + "/"),
        su.get(CRONS + "/__pbMFACleanup__"),
        su.send("HEAD", CRONS, mask=END),
        guest.get(CRONS),
        ada.get(CRONS),
        su.post(CRONS + "/__pbMFACleanup__"),
        su.post(CRONS + "/__pbOTPCleanup__"),
        su.post(CRONS + "/__pbDBOptimize__"),
        su.post(CRONS + "/%5F_pbMFACleanup__"),
        su.post(CRONS + "/__pbMFACleanup__", {"any": "body"}),
        su.send("POST", CRONS + "/__pbMFACleanup__", "{"),
        su.post(CRONS + "/__PBMFACLEANUP__"),
        su.post(CRONS + "/nope"),
        su.post(CRONS + "/a%2Fb"),
        su.post(CRONS + "/"),
        su.post(CRONS),
        su.delete(CRONS + "/__pbMFACleanup__"),
        guest.post(CRONS + "/__pbMFACleanup__"),
        guest.post(CRONS + "/nope"),
        ada.post(CRONS + "/__pbMFACleanup__"),
        ada.post(CRONS + "/nope"),
    ),
    scenario(
        "expressions",
        expressions(*drawn(250)),
        expressions("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight"),
        expressions("@hourly", "@Daily", "@daily ", "@reboot", "@every 1m", "* * * * MON"),
        expressions("*\t* * * *", "* * * * *\n", "٣ * * * *", "0" * 5000 + "1 * * * *"),
        expressions("9" * 5000 + " * * * *", "*/-1 * * * *", "*/+1 * * * *", "*/ * * * *"),
        expressions("*/" + "9" * 19 + " * * * *", "*/-" + "9" * 30 + " * * * *"),
        expressions("*/9223372036854775807 * * * *", "*/-9223372036854775809 * * * *"),
        expressions('"1 * * * *', "1\\ * * * *", "é * * * *", "😀 * * * *", "\xa0\xad * * * *"),
        expressions("\0\a\b\f\r\v\x7f * * * *", "\x80\u200b\ufeff\ue000\U000e0001 * * * *"),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)


def test_the_drawn_expressions_are_of_both_kinds(pair: Pair) -> None:
    statuses = [item.left.status for item in pair.outcomes(SCENARIOS[1])[:250]]
    assert min(statuses.count(200), statuses.count(400)) > 50

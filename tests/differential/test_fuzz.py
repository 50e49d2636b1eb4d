"""Random requests; FUZZ_SEEDS="100 200" in the environment takes the seeds from 100 to 199."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.differential.fuzz import fuzz

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

STEPS = 120
SEEDS = range(*map(int, os.environ.get("FUZZ_SEEDS", "1 4").split()))

SCENARIOS = [fuzz(seed, STEPS) for seed in SEEDS]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

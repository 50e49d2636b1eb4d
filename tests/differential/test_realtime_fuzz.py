"""Random subscriptions and writes; FUZZ_SEEDS="100 200" takes the seeds from 100 to 199."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.differential.fuzz_realtime import differences, fuzz
from tests.differential.realtime_story import every_step

if TYPE_CHECKING:
    from tests.differential.realtime_story import Story, Told

STEPS = 100
SEEDS = range(*map(int, os.environ.get("FUZZ_SEEDS", "1 4").split()))
STORIES = [fuzz(seed, STEPS) for seed in SEEDS]


@every_step(STORIES)
def test_the_same_step_is_heard_the_same(told: Told, story: Story, place: int) -> None:
    assert differences(told[story][place]) == []


def test_much_was_heard(told: Told) -> None:
    for outcomes in told.values():
        assert sum(outcome.count for outcome in outcomes) > STEPS


def test_most_was_heard_in_the_same_order(told: Told) -> None:
    """PocketBase sends the messages of one step in any order, and the topics of one change, too."""
    heard = [each for outcomes in told.values() for each in outcomes if each.count]
    assert sum(each.is_in_order for each in heard) > len(heard) * 0.8

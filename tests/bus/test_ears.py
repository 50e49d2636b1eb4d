"""Who listens elsewhere: a table that all processes map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pbpy.bus.ears import MAX_MEMBERS, Ears

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TOPICS = ("posts", "tags", "pbc_123", "@anybody", "über")
PLACES = (0, 1, MAX_MEMBERS - 1)


@given(
    st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(TOPICS), st.booleans())),
    st.lists(st.sampled_from(TOPICS), max_size=3),
)
def test_others_are_counted_as_a_model_does(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, str, bool]],
    asked: list[str],
) -> None:
    path = tmp_path_factory.mktemp("ears") / "ears"
    ears = {place: Ears(path, place) for place in PLACES}
    counts: Counter[tuple[int, str]] = Counter()
    for place, topic, is_more in steps:
        if is_more:
            ears[place].add(topic)
            counts[place, topic] += 1
        elif counts[place, topic]:
            ears[place].remove(topic)
            counts[place, topic] -= 1
    for place in PLACES:
        listening = [any(counts[other, topic] for topic in asked) for other in PLACES]
        expected = sum(listening) - listening[PLACES.index(place)]
        assert ears[place].count_others(*asked) == expected
    for each in ears.values():
        each.close()


def test_whoever_takes_a_place_listens_to_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "ears"
    one, dead = Ears(path, 0), Ears(path, 1)
    dead.add("posts")
    assert one.count_others("posts") == 1
    successor = Ears(path, 1)
    assert one.count_others("posts") == 0
    successor.add("posts")
    successor.close()
    assert one.count_others("posts") == 0

"""Who listens elsewhere: a table that all processes map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pbpy.bus.topic_table import MAX_MEMBERS, TopicTable

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
    path = tmp_path_factory.mktemp("topics") / "topics"
    tables = {place: TopicTable(path, place) for place in PLACES}
    counts: Counter[tuple[int, str]] = Counter()
    for place, topic, is_more in steps:
        if is_more:
            tables[place].add(topic)
            counts[place, topic] += 1
        elif counts[place, topic]:
            tables[place].remove(topic)
            counts[place, topic] -= 1
    for place in PLACES:
        listening = [any(counts[other, topic] for topic in asked) for other in PLACES]
        expected = sum(listening) - listening[PLACES.index(place)]
        assert tables[place].count_others(*asked) == expected
    for each in tables.values():
        each.close()


def test_whoever_takes_a_place_listens_to_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "topics"
    one, dead = TopicTable(path, 0), TopicTable(path, 1)
    dead.add("posts")
    assert one.count_others("posts") == 1
    successor = TopicTable(path, 1)
    assert one.count_others("posts") == 0
    successor.add("posts")
    successor.close()
    assert one.count_others("posts") == 0

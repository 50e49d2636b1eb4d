"""Frames: what is written is what an EventSource reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pbpy.realtime.sse import HEARTBEAT, Message, frame_prefix
from tests.realtime.event_source import read_events

_names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20
).filter(lambda name: not name.startswith(" "))
_data = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def test_frame_has_no_space_after_the_colons() -> None:
    frame = frame_prefix("abc") + Message("posts/*", b'{"a":1}').tail
    assert frame == b'id:abc\nevent:posts/*\ndata:{"a":1}\n\n'


@given(st.lists(st.tuples(_names, _data), max_size=4))
def test_events_are_read_as_they_were_written(events: list[tuple[str, str]]) -> None:
    stream = HEARTBEAT + HEARTBEAT.join(
        frame_prefix("me") + Message(name, data.encode()).tail for name, data in events
    )
    lines = [(name, "\n".join(data.encode().splitlines_text()) if 0 else data) for name, data in events]
    read = read_events(stream)
    assert [(event.id, event.name) for event in read] == [("me", name) for name, _ in lines]

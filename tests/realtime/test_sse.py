"""Frames: what is written is what an EventSource reads."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pbpy.realtime.sse import HEARTBEAT, Message, frame_prefix
from tests.realtime.event_source import Event, read_events

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\0"), min_size=1, max_size=8
).filter(lambda name: not name.startswith(" "))
_values = st.recursive(
    _texts | st.integers(-(2**53), 2**53) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=3,
)


def test_frame_has_no_space_after_the_colons() -> None:
    frame = frame_prefix("abc") + Message("posts/*", b'{"a":1}').tail
    assert frame == b'id:abc\nevent:posts/*\ndata:{"a":1}\n\n'


@given(st.lists(st.tuples(_names, _values), max_size=3))
def test_events_are_read_as_they_were_written(events: list[tuple[str, Any]]) -> None:
    frames = [
        frame_prefix("me") + Message(name, orjson.dumps(value)).tail for name, value in events
    ]
    read = read_events(HEARTBEAT + HEARTBEAT.join(frames))
    assert [(event.name, orjson.loads(event.data)) for event in read] == events
    assert all(event.id == "me" for event in read)


def test_line_breaks_cannot_end_a_frame() -> None:
    frame = frame_prefix("me") + Message("a\r\n\nid:b", b"1\n\nid:c\r\ndata:2\r3").tail
    assert read_events(frame) == [Event("me", "a  id:b", "1\n\nid:c\ndata:2\n3")]


def test_the_bytes_after_the_id_are_made_once() -> None:
    message = Message("a", b"1")
    assert message.tail is message.tail

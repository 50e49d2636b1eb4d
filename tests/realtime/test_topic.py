"""Topics and their options."""

from __future__ import annotations

from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.realtime.topic import parse_topic, record_topics
from tests.realtime.listening import with_options


def test_topic_without_options_is_its_own_name() -> None:
    topic = parse_topic("posts/*")
    assert (topic.text, topic.name, topic.query, topic.headers) == ("posts/*", "posts/*", {}, {})


def test_options_are_texts_and_header_names_snake_case() -> None:
    text = (
        '{"query":{"n":1.5,"big":1e21,"on":true,"no":null,"l":[1]},'
        '"headers":{"X-Token":7,"xKey":"b"}}'
    )
    topic = parse_topic(f"posts/*?options={quote(text)}")
    assert topic.query == {"n": "1.5", "big": "1" + "0" * 21, "on": "true", "no": "", "l": ""}
    assert topic.headers == {"x_token": "7", "x_key": "b"}
    assert topic.text == f"posts/*?options={quote(text)}"


@pytest.mark.parametrize(
    "options",
    ["bad", "%7B%22query%22", "[]", "%zz", "1", '{"query":1,"headers":"a"}', '{"other":{}}', ""],
)
def test_unreadable_options_count_as_none(options: str) -> None:
    topic = parse_topic(f"posts?options={options}")
    assert (topic.name, topic.query, topic.headers) == ("posts", {}, {})


def test_options_count_as_far_as_the_first_wrong_member() -> None:
    assert parse_topic('p?options={"headers":{"a":"b"},"query":1}').headers == {"a": "b"}
    assert parse_topic('p?options={"query":null,"headers":{"a":"b"}}').headers == {"a": "b"}
    assert parse_topic('p?options={"query":1,"headers":{"a":"b"}}').headers == {}
    assert parse_topic('p?options={"Headers":{"a":"b"}}').headers == {}


def test_options_end_at_a_fragment_and_the_first_of_several_counts() -> None:
    assert parse_topic('p?options={"query":{"a":"1"}}&options={"query":{"a":"2"}}').query == {
        "a": "1"
    }
    assert parse_topic('p?x=1#&options={"query":{"a":"1"}}').query == {}


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=4))
def test_options_come_back_as_the_sdk_wrote_them(query: dict[str, str]) -> None:
    text = f"posts/*?options={quote(orjson.dumps({'query': query}).decode(), safe='')}"
    assert dict(parse_topic(text).query) == query


def test_equal_options_have_equal_keys() -> None:
    assert (
        parse_topic('a?options={"query":{"a":"1","b":"2"}}').options_key
        == parse_topic('b?options={"headers":{},"query":{"b":2,"a":1}}').options_key
        != parse_topic('a?options={"headers":{"a":"1","b":"2"}}').options_key
    )
    assert parse_topic(with_options("a", filter="x")).options_key


def test_a_record_belongs_to_six_topics() -> None:
    assert [name for name, is_view in record_topics("posts", "pbc_1", "r") if is_view] == [
        "posts/r",
        "pbc_1/r",
    ]
    assert [name for name, is_view in record_topics("posts", "pbc_1", "r") if not is_view] == [
        "posts/*",
        "pbc_1/*",
        "posts",
        "pbc_1",
    ]

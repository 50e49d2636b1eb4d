"""The `fields` parameter; the cases are PocketBase's (tools/picker)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pbpy.errors import BadRequest
from pbpy.records.picker import compile_picker, pick

NESTED = {
    "id": "123",
    "title": "lorem",
    "rel": {"id": "456", "title": "rel_title", "sub": {"id": "789", "title": "sub_title"}},
}


@pytest.mark.parametrize(
    ("value", "fields", "expected"),
    [
        ({"a": 1, "b": 2}, "", {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, ",", {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, "missing", {}),
        ("test", "a,b,test", "test"),
        (["a", "b"], "a", ["a", "b"]),
        ({"a": 1, "b": 2, "c": "test"}, "a,  c  ,missing", {"a": 1, "c": "test"}),
        ([{"a": 1, "b": 2}, {"b": 3}], "a", [{"a": 1}, {}]),
        ({"a": [{"b": 1, "c": 2}, {"c": 3}]}, "a.b", {"a": [{"b": 1}, {}]}),
        ({"a": [1, {"b": 1}]}, "a.b", {"a": [1, {"b": 1}]}),
        ({"a": "text"}, "a.b", {"a": "text"}),
        (NESTED, "*", NESTED),
        (NESTED, "*,rel.id", {"id": "123", "title": "lorem", "rel": {"id": "456"}}),
        (NESTED, "id,rel.*", {"id": "123", "rel": NESTED["rel"]}),
        (
            NESTED,
            "id,rel.*,rel.sub.id",
            {"id": "123", "rel": {"id": "456", "title": "rel_title", "sub": {"id": "789"}}},
        ),
        (NESTED, "rel,rel.id", {"rel": NESTED["rel"]}),
        (
            {**NESTED, "rel": {"title": "<p>rel_title</p>", "id": "1"}},
            "*:excerpt(2),rel.title:excerpt(3, true)",
            {"id": "12", "title": "lo", "rel": {"title": "rel..."}},
        ),
        ({"a": "abcdef"}, "a,a:excerpt(2)", {"a": "ab"}),
        ({"a": "abcdef"}, "a:excerpt(2),a", {"a": "abcdef"}),
        ({"a": "abcdef"}, "a: excerpt( 2 )", {"a": "ab"}),
        ({"a": "abcdef"}, "a:excerpt(2.9,t,)", {"a": "ab..."}),
        ({"a": 5}, "a:excerpt(2)", {"a": 5}),
        ({"a": 5}, '"a"', {}),
        ({"a": 5, "b": 6}, "a\0,b", {"a": 5}),
    ],
)
def test_pick(value: Any, fields: str, expected: Any) -> None:
    assert pick(value, fields) == expected


@pytest.mark.parametrize(
    "fields",
    [
        "a:",
        "a:nope(1)",
        "a:excerpt",
        "a:excerpt()",
        "a:excerpt(0)",
        "a:excerpt(-1)",
        "a:excerpt(abc)",
        "a:excerpt(1,2,3)",
        "a:excerpt3",
        "a:excerpt(",
        "a:excerpt(3",
    ],
)
def test_bad_modifier_is_refused(fields: str) -> None:
    with pytest.raises(BadRequest):
        compile_picker(fields)


PAGE = (
    ' <script>var a = 123;</script>   <p>Hello</p><div id="test_id">t   est<b>12\n\t3</b>'
    "<span>456</span></div><span>word <b>7</b> 89<span>!<b>?</b><b> a </b><b>b </b>c</span>#"
    "<h1>title</h1>"
)
PLAIN = "Hello t est12 3456 word 7 89!? a b c# title"


@pytest.mark.parametrize(
    ("html", "arguments", "expected"),
    [
        (PAGE, "2", PLAIN[:2]),
        (PAGE, str(len(PLAIN)), PLAIN),
        (PAGE, str(len(PLAIN) + 5), PLAIN),
        (PAGE, "2, t", PLAIN[:2] + "..."),
        (PAGE, f"{len(PLAIN) + 5}, t", PLAIN),
        ("аб\nв ", "4, t", "аб в"),  # noqa: RUF001
        ("аб\nв ", "3, t", "аб..."),  # noqa: RUF001
        ("a<br>b<hr>c<img src=x>d", "20", "ab cd"),
        ("a &lt;b&gt; &amp; c", "20", "a <b> & c"),
        ("a<select><option>x</select>b", "20", "ab"),
        ("", "5", ""),
    ],
)
def test_excerpt(html: str, arguments: str, expected: str) -> None:
    assert pick({"a": html}, f"a:excerpt({arguments})") == {"a": expected}


@pytest.mark.parametrize(
    "html",
    [
        "<" * 1_000_000,
        "<div>" * 200_000 + "</x>" * 200_000,
        "a" * 500_000 + "<p></p>" * 100_000,
        '<a x="' * 200_000,
        "<!--" * 250_000,
        "<script></scrip" * 70_000,
    ],
    ids=lambda html: html[:8],
)
def test_the_time_of_an_excerpt_grows_with_the_length_alone(html: str) -> None:
    started = time.process_time()
    pick({"a": html}, "a:excerpt(200000)")
    assert time.process_time() - started < 2

"""Splitting outside of quotes and parentheses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.schema.tokenizer import UnbalancedExpression, split_tokens


@pytest.mark.parametrize(
    ("text", "separators", "tokens"),
    [
        ("", ",", []),
        (" a , b,,c ", ",", ["a", "b", "c"]),
        ("a, (b, c), f(d, (e)), g", ",", ["a", "(b, c)", "f(d, (e))", "g"]),
        ("'a, b', \"c,d\", `e,f`", ",", ["'a, b'", '"c,d"', "`e,f`"]),
        ("'(', b", ",", ["'('", "b"]),
        ("a), b", ",", ["a)", "b"]),
        (r"a\(, b", ",", [r"a\(", "b"]),
        ("a as\tb\nc", " \t\n", ["a", "as", "b", "c"]),
        ("x.y", ".", ["x", "y"]),
    ],
)
def test_splits_outside_of_quotes_and_parentheses(
    text: str, separators: str, tokens: list[str]
) -> None:
    assert list(split_tokens(text, separators)) == tokens


def test_keeps_the_separator_when_asked_to() -> None:
    assert list(split_tokens("a b, c", ", ", keep_separator=True)) == ["a ", "b,", " ", "c"]


@pytest.mark.parametrize("text", ["(a, b", "a, 'b", 'x "y', "f((a)"])
def test_refuses_what_is_not_closed(text: str) -> None:
    with pytest.raises(UnbalancedExpression, match="unbalanced parenthesis or quoted expression"):
        list(split_tokens(text, ","))


@given(st.lists(st.text(alphabet="abc _'\"`", min_size=1).map(lambda t: t.replace("'", ""))))
def test_quoted_texts_stay_whole(texts: list[str]) -> None:
    quoted = [f"'{text}'" for text in texts]
    assert list(split_tokens(",".join(quoted), ",")) == quoted

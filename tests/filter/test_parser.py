from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbpy.errors import FilterError
from pbpy.filter.ast import And, Call, Compare, Number, Or, Path, Text, split_literals, to_text
from pbpy.filter.parser import MAX_DEPTH, MAX_EXPRESSIONS, parse
from tests.strategies import filters

if TYPE_CHECKING:
    from pbpy.store.sql import SqlValue


def test_and_binds_tighter_than_or() -> None:
    assert to_text(parse("a=1||b=2&&c=3")) == "a = 1 || (b = 2 && c = 3)"
    assert to_text(parse("a=1&&b=2||c=3")) == "(a = 1 && b = 2) || c = 3"
    assert to_text(parse("(a=1||b=2)&&c=3")) == "(a = 1 || b = 2) && c = 3"


def test_operands_may_stand_on_either_side_and_know_their_position() -> None:
    expr = parse("-1.5 <= price && 'x' ?!~ f(a, \"b\", 2,)")
    assert expr == And(
        (
            Compare(Number("-1.5", 0), "<=", Path("price", 8)),
            Compare(
                Text("x", 17),
                "?!~",
                Call("f", (Path("a", 27), Text("b", 30), Number("2", 35)), 25),
            ),
        )
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"'it\'s'", "it's"),
        (r'"it\'s"', "it's"),
        (r"'a\nb\tc\rd'", "a\nb\tc\rd"),
        (r"'a\\'", "a\\"),
        (r"'a\\nb'", r"a\nb"),
        (r"'C:\dir\u0041\%'", r"C:\dir\u0041\%"),
        ("'// no comment'", "// no comment"),
        ("''", ""),
        ("'\ud800'", "\ufffd"),
    ],
)
def test_texts_have_the_escapes_of_the_real_server(text: str, value: str) -> None:
    expr = parse(f"a = {text}")
    assert isinstance(expr, Compare)
    assert isinstance(expr.right, Text)
    assert expr.right.value == value


def test_comments_and_white_space_are_skipped() -> None:
    assert to_text(parse("// first\n\ta = 1 // it's\n && ( b = 2 )")) == "a = 1 && b = 2"
    assert to_text(parse("f(a, // one\n 2) = 1")) == "f(a, 2) = 1"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(a=1)(b=2)", "a = 1 && b = 2"),
        ("a=1 || b=2 (c=3)", "a = 1 || b = 2 || c = 3"),
        ("a = (b=1)", "b = 1"),
        ("a (b=1)", "b = 1"),
        ("((a=1))", "a = 1"),
    ],
)
def test_groups_are_welcome_anywhere(text: str, same: str) -> None:
    assert to_text(parse(text)) == same


REFUSED = """
a
a =
= 1
a = 1 &&
&& a = 1
a = 1 b = 2
a == 1
a =! 1
a = 1 & b = 2
a = 1 AND b = 2
a[1] = 2
a = 1.
a = .5
a = -
a = 1.2.3
a = 1-2
a. = 1
a: = 1
@ = 1
_ = 1
a = 'x
a = "x'
a = 'x\\'
(a = 1
a = 1)
f( = 1
f(,a) = 1
f(a b) = 1
f((a)) = 1
f(f(f(f(1)))) = 1
a = {:x}
a / b
\u00e9 = 1
()
// x
""".strip().split("\n")


@pytest.mark.parametrize("text", [*REFUSED, "", " ", "a = '\0'", "a\0 = 1", "(a = 1 // it's\n)"])
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


def test_limits() -> None:
    parse("||".join(["a=1"] * MAX_EXPRESSIONS))
    with pytest.raises(FilterError):
        parse("||".join(["a=1"] * (MAX_EXPRESSIONS + 1)))
    nested = "a=1"
    for index in range(MAX_DEPTH):
        nested = f"a=1 {('&&', '||')[index % 2]} ({nested})"
    parse(nested)
    with pytest.raises(FilterError):
        parse(f"a=1 && ({nested})")
    parse("f(f(f(1))) = 1")


def test_groups_may_be_nested_as_deep_as_they_like() -> None:
    assert to_text(parse("(" * 50_000 + "a=1" + ")" * 50_000)) == "a = 1"
    with pytest.raises(FilterError):
        parse("(" * 50_000 + "a=1" + ")" * 49_999)
    with pytest.raises(FilterError):
        parse("(" * 50_000 + "a=1 // here\n" + ")" * 50_000)


def test_huge_numbers_are_zero() -> None:
    assert Number("9" * 400).value == 0
    assert Number("-2.5").value == -2.5


def test_placeholders_become_operands() -> None:
    values: dict[str, SqlValue] = {"a": "x' || 1=1", "b": 1.5, "c": None, "d": True, "e": b"y"}
    expr = parse("{:a}={:b} && {:c}={:d} && {:e}=1", values)
    assert split_literals(expr)[1] == ("x' || 1=1", 1.5, "y", 1.0)
    assert Path("null", 13) == expr.items[1].left  # type: ignore[union-attr]
    with pytest.raises(FilterError):
        parse("a = {:missing}", values)


def test_filters_that_differ_in_literals_share_a_key() -> None:
    keys = [split_literals(parse(f"a = '{value}' && b > {value}"))[0] for value in ("1", "23")]
    assert keys[0] == keys[1]
    empty, some = (split_literals(parse(f"a = '{value}'"))[0] for value in ("", "x"))
    assert empty != some
    joined = {split_literals(parse(text))[0] for text in ("a=1&&b=1||c=1", "a=1&&(b=1||c=1)")}
    assert len(joined) == 2


@given(filters)
def test_printing_then_parsing_gives_the_same(expr: And | Or | Compare) -> None:
    text = to_text(expr)
    assert to_text(parse(text)) == text
    assert split_literals(parse(text)) == split_literals(expr)


@settings(max_examples=300)
@given(st.text(max_size=40) | st.text("ab.:@#'\"\\()&|=!?<>~-1 ,/\n{}", max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        expr = parse(text)
    except FilterError:
        return
    assert to_text(parse(to_text(expr))) == to_text(expr)

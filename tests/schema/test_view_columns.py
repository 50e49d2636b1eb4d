"""Reading of a view's SELECT."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from pbpy.schema.tokenizer import UnbalancedExpression
from pbpy.schema.view_columns import (
    Named,
    UnreadableSelect,
    has_several_statements,
    read_select,
    trimmed_select,
)


def pairs(items: tuple[Named, ...]) -> list[tuple[str, str]]:
    return [(item.original, item.alias) for item in items]


@pytest.mark.parametrize(
    ("query", "columns", "tables"),
    [
        ("select 1", [("1", "1")], []),
        ("select id, t from p", [("id", "id"), ("t", "t")], [("p", "p")]),
        ("SELECT DISTINCT p.id, p.t AS x FROM p;", [("p.id", "id"), ("p.t", "x")], [("p", "p")]),
        (
            "select [p].[id], `p`.`t` `x`, \"n\" as 'y' from [p] as q",
            [("p.id", "id"), ("p.t", "x"), ("n", "y")],
            [("p", "q")],
        ),
        (
            "select count(a, b) as c, (select x from y) z from p, q r where 1 group by a",
            [("count(a, b)", "c"), ("(select x from y)", "z")],
            [("p", "p"), ("q", "r")],
        ),
        (
            "select a\nfrom p\nleft outer join q on q.id = p.id\tinner join r as s on 1\nlimit 5",
            [("a", "a")],
            [("p", "p"), ("q", "q"), ("r", "s")],
        ),
        (
            "select a, /* b, */ c -- d\n from p cross join q full join r",
            [("a", "a"), ("c", "c")],
            [("p", "p"), ("q", "q"), ("r", "r")],
        ),
        ("with x as (select 1 as id) select id from x", [("id", "id")], [("x", "x")]),
        ("select users.* from users", [("users.*", "*")], [("users", "users")]),
        ("select a,, b from p", [("a", "a"), ("b", "b")], [("p", "p")]),
    ],
)
def test_finds_columns_and_tables(
    query: str, columns: list[tuple[str, str]], tables: list[tuple[str, str]]
) -> None:
    parts = read_select(query)
    assert pairs(parts.columns) == columns
    assert pairs(parts.tables) == tables


def test_refuses_what_has_no_single_alias() -> None:
    with pytest.raises(UnreadableSelect, match=r"invalid identifier parts \[a b c d\]"):
        read_select("select a b c d from p")
    with pytest.raises(UnreadableSelect, match='expected "as", got or'):
        read_select("select a or b from p")
    with pytest.raises(UnbalancedExpression):
        read_select("select (a from p")


@pytest.mark.parametrize(
    "hostile",
    [
        "select a" + " " * 50_000 + "from p",
        "select a from p " + "left " * 20_000,
        "select a from p" + " join q" * 10_000,
        "select a from p " + "/*" * 30_000,
        "select a from p " + "[" * 50_000,
        "select a from p " + "-- \n" * 20_000,
    ],
    ids=lambda text: text[:24],
)
def test_reading_takes_linear_time(hostile: str) -> None:
    started = time.perf_counter()
    has_several_statements(hostile)
    with suppress(ValueError):
        read_select(hostile)
    assert time.perf_counter() - started < 2


def test_trims_blanks_and_semicolons() -> None:
    assert trimmed_select(" \n;select 1;; ") == "select 1"


@pytest.mark.parametrize(
    ("query", "several"),
    [
        ("select 1", False),
        ("select 1; select 2", True),
        ("select ';' as a, \";\", `;`", False),
        ("select 1 /* ; */", True),
        ("select 1 /* ' */) ; drop table users; -- '", True),
        ("select (1; select 2)", True),
        ("select 'a", False),
    ],
)
def test_sees_a_second_statement(query: str, several: bool) -> None:
    assert has_several_statements(query) is several

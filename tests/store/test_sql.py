"""SQL values: joining, quoting, placeholders."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.store.sql import EMPTY, Sql, bind_named, is_plain_read, join, quote_identifier
from tests.store.stores import opened

if TYPE_CHECKING:
    from pathlib import Path

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
parts = st.builds(Sql, st.text(), st.lists(st.integers()).map(tuple))


@given(st.lists(parts))
def test_joining_keeps_texts_and_parameters_in_order(listed: list[Sql]) -> None:
    joined = join(listed, ", ")
    assert joined.text == ", ".join(part.text for part in listed)
    assert joined.params == tuple(value for part in listed for value in part.params)
    added = EMPTY
    for part in listed:
        added = added + part
    assert added.params == joined.params


def test_text_may_be_added() -> None:
    assert Sql("a = ?", (1,)) + " OR b" == Sql("a = ? OR b", (1,))


def test_any_name_survives_quoting(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:

            async def check(name: str) -> None:
                sql = Sql(f"SELECT 1 AS {quote_identifier(name)}")
                columns, _ = await store.data.described(sql, 1)
                assert columns[0][0] == name

            for name in ("a`b", "``", "'\"`[]", "a b", "ä", "select", "?1", ":x", "--", "/*"):
                await check(name)

    asyncio.run(scenario())


@given(names)
def test_a_quoted_name_is_one_token(name: str) -> None:
    quoted = quote_identifier(name)
    assert quoted[0] == quoted[-1] == "`"
    assert quoted[1:-1].replace("``", "").count("`") == 0
    assert quoted[1:-1].replace("``", "`") == name


def test_named_placeholders_are_bound_in_order_of_appearance() -> None:
    text = "SELECT {:b}, {:a}, {:b} FROM t"
    assert bind_named(text, {"a": 1, "b": "x"}) == Sql("SELECT ?, ?, ? FROM t", ("x", 1, "x"))
    assert bind_named("SELECT ?", [1]) == Sql("SELECT ?", (1,))
    with pytest.raises(KeyError):
        bind_named("SELECT {:c}", {"a": 1})


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("SELECT 1", True),
        ("  select `updated` from t", True),
        ("WITH x AS (SELECT 1) SELECT * FROM x", True),
        ("WITH x AS (SELECT 1) DELETE FROM t", False),
        ("DELETE FROM t RETURNING id", False),
        ("INSERT INTO t SELECT 1", False),
        ("SELECT replace(a, 'b', 'c') FROM t", False),
        ("PRAGMA optimize", False),
        ("SELECT 1; UPDATE t SET a = 1", False),
    ],
)
def test_only_surely_plain_reads_are_called_so(text: str, *, plain: bool) -> None:
    assert is_plain_read(text) is plain

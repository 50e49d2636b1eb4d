"""CREATE INDEX statements."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.schema.indexes import (
    Index,
    IndexColumn,
    find_unique_index,
    parse_index,
    with_renamed_id,
    with_table,
)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("", Index()),
        ("drop index a", Index()),
        ("create index a on b", Index()),
        ("create index on b (c)", Index()),
        ("create index a on b (c); drop table b", Index()),
        ("create index a on b (c) or", Index()),
        ("create index x.y.a on b (c)", Index()),
        ("/* */ create index a on b (c)\n", Index("a", "b", (IndexColumn("c"),))),
        (
            "create index a on b (\nlower(\n c\n)\n)",
            Index("a", "b", (IndexColumn("lower(\n c\n)"),)),
        ),
        (
            "create index a on b (c) where c > (1) and d != ')'",
            Index("a", "b", (IndexColumn("c"),), where="c > (1) and d != ')'"),
        ),
        ("create index a on b (f(c)", Index()),
        ("create index a on b ('c)", Index()),
        ("create index a on b ()", Index("a", "b")),
        ("create index a on b (c)", Index("a", "b", (IndexColumn("c"),))),
        (
            (
                'CREATE   UNIQUE INDEX IF NOT EXISTS `main`."a" ON [b]'
                "(`c` COLLATE nocase DESC,d asc)"
                " WHERE  c > 1 "
            ),
            Index(
                "a",
                "b",
                (IndexColumn("c", "nocase", "DESC"), IndexColumn("d", "", "ASC")),
                where="c > 1",
                unique=True,
                optional=True,
                schema="main",
            ),
        ),
        (
            "create index a on b (json_extract(c, '$.a, b'), lower(d) desc)",
            Index(
                "a",
                "b",
                (IndexColumn("json_extract(c, '$.a, b')"), IndexColumn("lower(d)", "", "DESC")),
            ),
        ),
    ],
)
def test_reads_a_statement(statement: str, index: Index) -> None:
    assert parse_index(statement) == index


@pytest.mark.parametrize(
    "hostile",
    [
        "create " + " " * 50_000,
        "create index a on " + " " * 50_000,
        "create index a on b (c" + " " * 50_000 + "x)",
        "create index a on b (c" + " asc" * 20_000 + ")",
        "create index a on b (" + "(" * 50_000,
        "create index a on b (" + ") " * 20_000,
        "create index " * 10_000,
    ],
    ids=lambda text: text[:30],
)
def test_reading_takes_linear_time(hostile: str) -> None:
    started = time.perf_counter()
    parse_index(hostile)
    assert time.perf_counter() - started < 1


def test_writes_one_column_on_the_same_line() -> None:
    index = Index("a", "b", (IndexColumn("c", "NOCASE", "DESC"),), where="c != ''", unique=True)
    assert index.build() == (
        "CREATE UNIQUE INDEX `a` ON `b` (`c` COLLATE NOCASE DESC) WHERE c != ''"
    )


def test_writes_several_columns_on_lines_of_their_own() -> None:
    index = Index("a", "b", (IndexColumn("c"), IndexColumn("lower(d)")), optional=True, schema="m")
    assert index.build() == ("CREATE INDEX IF NOT EXISTS `m`.`a` ON `b` (\n  `c`,\n  lower(d)\n)")


def test_an_incomplete_index_has_no_statement() -> None:
    assert not Index("a", "b").is_valid
    assert Index("a", "b").build() == ""


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,10}", fullmatch=True)
INDEXES = st.builds(
    Index,
    name=NAMES,
    table=NAMES,
    columns=st.lists(
        st.builds(
            IndexColumn,
            name=st.one_of(NAMES, NAMES.map(lambda name: f"lower({name})")),
            collate=st.sampled_from(["", "NOCASE", "binary"]),
            sort=st.sampled_from(["", "ASC", "DESC"]),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    where=st.one_of(st.just(""), NAMES.map(lambda name: f"`{name}` != ''")),
    unique=st.booleans(),
    optional=st.booleans(),
    schema=st.one_of(st.just(""), NAMES),
)


@given(INDEXES)
def test_what_is_written_is_read_again(index: Index) -> None:
    assert parse_index(index.build()) == index


def test_finds_the_unique_index_over_one_column_in_any_case() -> None:
    indexes = (
        "create index a on t (x)",
        "create unique index b on t (x, y)",
        "create unique index c on t (`X` desc) where x != ''",
    )
    found = find_unique_index(indexes, "x")
    assert found is not None
    assert found.name == "c"
    assert find_unique_index(indexes, "y") is None


def test_a_statement_for_its_own_table_stays_as_it_is() -> None:
    statement = "create  index a on t(x)"
    assert with_table(statement, "t") is statement
    assert with_table(statement, "u") == "CREATE INDEX `a` ON `u` (`x`)"
    assert with_table("nonsense", "u") == "nonsense"


def test_an_id_is_replaced_inside_the_name_only() -> None:
    statement = "CREATE INDEX `idx_pbc_1` ON `pbc_1` (`pbc_1`)"
    assert with_renamed_id(statement, "pbc_1", "x") == "CREATE INDEX `idx_x` ON `pbc_1` (`pbc_1`)"
    assert with_renamed_id(statement, "other", "x") is statement

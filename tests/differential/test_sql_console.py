"""The superusers' SQL console (contract 1.2, row 54)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, made
from tests.differential.steps import Step, guest, leaking, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SQL = "/api/sql"
TIME = r'"execTime":[0-9.e-]+'


def queries(*texts: str) -> list[Step]:
    return [leaking(su.post(SQL, {"query": text}, mask=TIME)) for text in texts]


SCENARIOS = [
    scenario(
        "sql",
        base(
            "sq", field("text", "t"), field("number", "n"), field("bool", "b"), field("json", "j")
        ),
        made("sq", {"id": "sqrow0000000001", "t": "x", "n": 1.5, "b": True, "j": {"a": 1}}),
        guest.post(SQL, {"query": "select 1"}),
        su.get(SQL),
        su.post(SQL, {}),
        su.post(SQL),
        su.post(SQL, {"query": ""}),
        su.post(SQL, {"query": " "}),
        su.post(SQL, {"query": "x" * 5001}),
        su.send("POST", SQL, "{"),
        queries(
            "select 1",
            "select 1 as a, 'x' as b, null as c, 1.5 as d, x'00' as e",
            "select id, t, n, b, j from sq",
            "select * from sq",
            "select count(*) from sq",
            "select 1 as a, 2 as a",
            "select id from sq where 1 = 2",
            " select 1 ",
            "select 1;",
            "select 1; select 2",
            "-- comment\nselect 1",
            "pragma table_info(sq)",
            "explain query plan select * from sq where id = 'x'",
            "with x as (select 1 as a) select a from x",
            "nope",
            "select nope",
            "select * from nope",
            "update sq set t = 'y'",
            "UPDATE sq SET n = n + 1 WHERE id = 'sqrow0000000001'",
            "delete from sq where 1 = 2",
            "insert into sq (id, t) values ('sqrow0000000002', 'z')",
            "insert into sq (id) values ('sqrow0000000002')",
            "create table sq_extra (a)",
            "drop table sq_extra",
            "replace into sq (id, t) values ('sqrow0000000002', 'w')",
            "with recursive c(x) as (select 1 union all select x + 1 from c where x < 2000)"
            " select max(x) from c",
        ),
        su.get(records("sq", sort="id")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

"""The SQL console, case by case as PocketBase 0.40.6 answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Server


def query(server: Server, text: str) -> Any:
    return server.send("POST", "/api/sql", json={"query": text}, headers=server.superuser())


def test_guests_may_not(server: Server) -> None:
    assert server.send("POST", "/api/sql", json={"query": "select 1"}).status_code == 401


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("select 1", [("1", "")], [["1"]]),
        ("select 1 a, 2 a", [("a", ""), ("a", "")], [["1", "2"]]),
        ("select 1;select 2", [("2", "")], [["2"]]),
        (
            " select null n, x'ff' x, 1.5 f, 2.0 g, 1e30 h",
            None,
            [[None, "\ufffd", "1.5", "2", "1e+30"]],
        ),
        ("select id from users limit 0", [("id", "TEXT")], []),
        ("values (1, 'é')", None, [["1", "é"]]),
        ("pragma journal_mode", [("journal_mode", "")], [["wal"]]),
    ],
)
def test_reads(server: Server, text: str, columns: Any, rows: Any) -> None:
    answer = query(server, text).json()
    assert list(answer) == ["execTime", "affectedRows", "columns", "rows"]
    assert (answer["affectedRows"], answer["rows"]) == (0, rows)
    if columns is not None:
        wanted = [{"name": name, "type": kind, "nullable": True} for name, kind in columns]
        assert answer["columns"] == wanted


def test_writes_are_committed_and_counted(server: Server) -> None:
    assert query(server, "create table zz (a int)").status_code == 200
    assert query(server, "insert into zz values (1), (2)").json()["affectedRows"] == 2
    assert query(server, "select a from zz").json()["rows"] == [["1"], ["2"]]
    assert query(server, "drop table zz").json() == {
        "execTime": pytest.approx(0, abs=1000),
        "affectedRows": 0,
        "columns": [],
        "rows": [],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "bad",
            'Failed to execute query. Raw error:\nSQL logic error: near "bad": syntax error (1).',
        ),
        ("  ", "Failed to execute query. Raw error:\nempty query."),
        ("insert into nope values (1)", None),
    ],
)
def test_refuses(server: Server, text: str, message: str | None) -> None:
    answer = query(server, text)
    assert (answer.status_code, answer.json()["data"]) == (400, {})
    if message is not None:
        assert answer.json()["message"] == message


@pytest.mark.parametrize(
    ("text", "code"), [("", "validation_required"), ("x" * 5001, "validation_length_too_long")]
)
def test_validates(server: Server, text: str, code: str) -> None:
    assert query(server, text).json()["data"]["query"]["code"] == code

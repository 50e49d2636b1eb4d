from __future__ import annotations

import json

import apsw
import pytest

from pbpy.errors import FilterError
from pbpy.filter.simple import plan_simple_list

LOGS: list[tuple[str, str, object]] = [
    ("b", "boot", {"type": "start", "list": [1, {"a": "x"}]}),
    ("a", "request", {"type": "request", "status": 404}),
    ("c", "", {}),
]


@pytest.fixture
def db() -> apsw.Connection:
    db = apsw.Connection(":memory:")
    db.execute("CREATE TABLE _logs (id TEXT PRIMARY KEY, message TEXT, data JSON)")
    db.executemany(
        "INSERT INTO _logs VALUES (?, ?, ?)",
        [(key, message, json.dumps(data)) for key, message, data in LOGS],
    )
    return db


def find(db: apsw.Connection, filter: str = "", sort: str = "", limit: int = 0) -> list[str]:  # noqa: A002
    plan = plan_simple_list(
        "_logs",
        ("id",),
        names=("id", "message", "data"),
        json_names=("data",),
        filter=filter,
        sort=sort,
        limit=limit,
        offset=0,
        now="2024-01-01 00:00:00.000Z",
    )
    rows = [str(row[0]) for row in db.execute(plan.page.text, plan.page.params)]
    assert plan.count is not None
    (total,) = db.execute(plan.count.text, plan.count.params)
    assert limit or total == (len(rows),)
    return rows


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("", "bac"),
        ("message = ''", "c"),
        ("message ~ 'O'", "b"),
        ("data.type = 'request'", "a"),
        ("data.status > 400", "a"),
        ("data.list.1.a = 'x'", "b"),
        ("data.nothing = null", "bac"),
        ("id != 'a' && (message = '' || @now > '2023')", "bc"),
    ],
)
def test_filters(db: apsw.Connection, filter: str, ids: str) -> None:  # noqa: A002
    assert find(db, filter) == list(ids)


def test_order(db: apsw.Connection) -> None:
    assert find(db, sort="id") == ["a", "b", "c"]
    assert find(db, sort="-@rowid") == ["c", "a", "b"]
    assert find(db, sort="-data.status,-id", limit=2) == ["a", "c"]


@pytest.mark.parametrize(
    "name", ["other", "message.x", "data.", "data.a-b", "data.a:lower", "@request.auth.id", "rowid"]
)
def test_unknown_names_are_refused(db: apsw.Connection, name: str) -> None:
    with pytest.raises(FilterError):
        find(db, f"{name} = 1")
    with pytest.raises(FilterError):
        find(db, sort=name)


def test_long_filters_are_refused(db: apsw.Connection) -> None:
    with pytest.raises(FilterError):
        find(db, "id = '" + "x" * 3500 + "'")

"""Apple's names: who keeps them, for how long, and what is read."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.auth.oauth2.names import RedirectNames, parse_name
from pbpy.bus.local_bus import LocalBus
from pbpy.store.sql import Sql
from tests.bus.members import has_redis, redis_server, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bus.members import Member

EVENTS = Sql("SELECT kind FROM _pbpy_events")
ANN = json.dumps({"name": {"firstName": "Ann", "lastName": "Lee"}})


def keep(names: RedirectNames, code: str, user: str = ANN) -> None:
    asyncio.run(names.keep(LocalBus(), code, user))


def test_a_name_is_taken_once() -> None:
    names = RedirectNames()
    keep(names, "code")
    assert names.take("other") == ""
    assert names.take("code") == "Ann Lee"
    assert names.take("code") == ""


def test_a_name_waits_for_one_minute() -> None:
    now = 0.0
    names = RedirectNames(lambda: now)
    keep(names, "in time")
    keep(names, "late")
    now = 59.9
    assert names.take("in time") == "Ann Lee"
    now = 60.1
    assert names.take("late") == ""


def test_names_do_not_pile_up() -> None:
    names = RedirectNames()

    async def fill() -> None:
        bus = LocalBus()
        for number in range(1500):
            await names.keep(bus, f"code {number}", ANN)
        await names.keep(bus, "x" * 1001, ANN)

    asyncio.run(fill())
    assert len(names._names) == 1000
    assert names.take("code 0") == ""
    assert names.take("code 1499") == "Ann Lee"


@pytest.mark.parametrize("kind", ["local", "outbox", "redis"])
def test_all_workers_have_a_name_when_it_is_kept(kind: str, tmp_path: Path) -> None:
    if kind == "redis" and not has_redis():
        pytest.skip("redis-server is not installed")
    codes = ["code", "'\"\\ \n\u00e9\U0001f600\0"]

    async def scenario(found: list[Member]) -> None:
        workers = [RedirectNames() for _ in found]
        for names, member in zip(workers, found, strict=True):
            names.follow(member.bus)
        for code in (*codes, "x" * 1001):
            await workers[1].keep(found[1].bus, code, ANN)
        await workers[1].keep(found[1].bus, "nameless", "{}")
        assert all(len(names._names) == len(codes) for names in workers)
        for code in codes:
            assert [names.take(code) for names in workers] == ["Ann Lee"] * len(workers)
            assert [names.take(code) for names in workers] == [""] * len(workers)
        events = await found[0].database.all(EVENTS) if kind == "outbox" else []
        assert all(kind == "" for (kind,) in events)  # no message: a code is a secret

    with contextlib.ExitStack() as stack:
        where = stack.enter_context(redis_server(tmp_path)) if kind == "redis" else kind
        run(where, tmp_path, scenario, count=3)


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (ANN, "Ann Lee"),
        ('{"name":{"firstName":"Ann"}}', "Ann"),
        ('{"name":{"lastName":"Lee","firstName":null}}', "Lee"),
        ('{"name":{"firstName":1}}', ""),
        ('{"name":"Ann"}', ""),
        ('{"name":null}', ""),
        ("{}", ""),
        ("[]", ""),
        ("", ""),
        ("{", ""),
        (json.dumps({"name": {"firstName": "x" * 200}}), "x" * 150),
    ],
)
def test_names_are_read(user: str, name: str) -> None:
    assert parse_name(user) == name


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_text_breaks_the_reader(user: str) -> None:
    assert len(parse_name(user)) <= 150

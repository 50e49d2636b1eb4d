"""Writers in several processes at once: all hear the same, per record in the order of commits."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.realtime.listening import drain, listen
from tests.realtime.processes import LIMIT_S, processes, settle
from tests.records.blog import add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pbpy.app import App
    from pbpy.realtime.client import Client

STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["create", "update", "update", "delete"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)


async def write(apps: list[App], steps: list[tuple[int, str, int]]) -> None:
    for place, action, number in steps:
        record_id = f"record{number}".ljust(15, "0")
        async with apps[place].transaction() as tx:
            stored = await tx.find_record("tags", record_id)
            if stored is None:
                if action == "create":
                    await add(tx, "tags", id=record_id)
            elif action == "update":
                stored.set("n+", 1)
                await tx.save(stored)
            elif action == "delete":
                await tx.delete(stored)


def by_record(client: Client) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for item in drain(client):
        found.setdefault(item.record["id"], []).append((item.action, item.record["n"]))
    return found


def lives(messages: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return what the messages of a record must be if its updates are in order."""
    expected, n = [], 0.0
    for action, _ in messages:
        n = 0.0 if action == "create" else n + (action == "update")
        expected.append((action, n))
    return expected


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[asyncio.Runner, list[App]]]:
    """Three processes, and what runs them."""
    stack = contextlib.AsyncExitStack()
    with asyncio.Runner() as runner:
        opening = stack.enter_async_context(processes(tmp_path_factory.mktemp("world"), count=3))
        yield runner, runner.run(opening)
        runner.run(stack.aclose())


@settings(max_examples=60, deadline=None)
@given(writers=st.lists(STEPS, min_size=1, max_size=3))
def test_all_hear_the_same_in_the_order_of_commits(
    world: tuple[asyncio.Runner, list[App]], writers: list[list[tuple[int, str, int]]]
) -> None:
    """Every update adds one to a number that begins with 0."""
    runner, apps = world

    async def scenario() -> None:
        async with asyncio.timeout(LIMIT_S):
            clients = [listen(app, "tags/*") for app in apps]
            await asyncio.gather(*(write(apps, steps) for steps in writers))
            await settle(*apps)
            heard = [by_record(client) for client in clients]
            assert heard[0] == heard[1] == heard[2]
            for record_id, messages in heard[0].items():
                assert messages == lives(messages)
                assert messages[0][0] == "create"
                stored = await apps[0].find_record("tags", record_id)
                assert (messages[-1][0] == "delete") is (stored is None)
                assert stored is None or stored.get("n") == messages[-1][1]

    async def clear() -> None:
        for app in apps:
            app.realtime.close()
        for record in await apps[0].find_records("tags"):
            await apps[0].delete(record)

    try:
        runner.run(scenario())
    finally:
        runner.run(clear())

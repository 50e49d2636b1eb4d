"""The outbox: what its rows, its doorbell and its pruning do."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pbpy.bus import outbox
from pbpy.bus.bus import MISSED, Message
from pbpy.bus.doorbell import SUFFIX
from pbpy.bus.queries import (
    create_outbox,
    drop_outbox,
    events_after,
    insert_event,
    prune_events,
)
from pbpy.store.sql import Sql
from tests.bus.members import KIND, LIMIT_S, Member, run

if TYPE_CHECKING:
    import pytest

    from pbpy.store.store import Database

SEQS = Sql("SELECT seq FROM _pbpy_events ORDER BY seq")


async def write(database: Database, text: str, moment: int = 0) -> None:
    """Write a row as a process would that dies before it can ring."""
    async with database.transaction() as tx:
        await insert_event(tx, moment or int(time.time()), "dead", KIND, text.encode())


async def seqs(database: Database) -> list[int]:
    return [int(str(row[0])) for row in await database.all(SEQS)]


def test_rows_of_a_process_that_could_not_ring_are_found(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        await write(found[0].database, "last words")
        for member in found:
            assert await member.hears(1) == ["last words"]
            assert member.heard[0].sender == "dead"

    run("outbox", tmp_path, scenario)


def test_the_doorbell_is_quicker_than_the_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "POLL_S", 3600)

    async def scenario(found: list[Member]) -> None:
        for number in range(5):
            found[0].bus.publish(Message(KIND, b"%d" % number))
            assert len(await found[1].hears(number + 1)) == number + 1

    run("outbox", tmp_path, scenario)


def test_who_joins_later_hears_only_what_comes_then(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        found[0].bus.publish(Message(KIND, b"early"))
        await found[0].hears(1)
        again = outbox.Outbox(found[1].database, sockets_of(found[0]), 2)
        late = Member(again, found[1].database)
        await again.open()
        found[0].bus.publish(Message(KIND, b"late"))
        assert await late.hears(1) == ["late"]
        await again.close()

    run("outbox", tmp_path, scenario)


def sockets_of(member: Member) -> Path:
    assert isinstance(member.bus, outbox.Outbox)
    return member.bus._bell._folder


def test_the_socket_of_a_dead_process_is_removed(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        folder = sockets_of(found[0])
        assert isinstance(found[1].bus, outbox.Outbox)
        bell = found[1].bus._bell
        assert bell._socket is not None
        stale = folder / f"{found[1].bus.worker}{SUFFIX}"
        bell._socket.close()
        found[0].bus.publish(Message(KIND, b"x"))
        await found[0].hears(1)
        assert not stale.exists()
        await found[0].bus.sync()
        bell._socket = None

    run("outbox", tmp_path, scenario)


def test_old_rows_go_and_the_newest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PRUNE_EVERY_S", 0.0)
    monkeypatch.setattr(outbox, "KEPT_S", 1000)

    async def scenario(found: list[Member]) -> None:
        database = found[0].database
        for _ in range(3):
            await write(database, "old", moment=1000)
        await found[0].hears(3)
        newest = (await seqs(database))[-1]
        # When one message is heard, the pruning behind the one before is over.
        for count in (4, 5):
            found[0].bus.publish(Message(KIND, b"new"))
            await found[0].hears(count)
        assert await seqs(database) == [newest + 1, newest + 2]

    run("outbox", tmp_path, scenario)


def test_numbers_go_on_after_pruning(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        database = found[0].database
        for _ in range(3):
            await write(database, "old", moment=1000)
        async with database.transaction() as tx:
            await prune_events(tx, int(time.time()) + 1)
        (newest,) = await seqs(database)
        await write(database, "new")
        assert await seqs(database) == [newest, newest + 1]
        assert [row[0] for row in await events_after(database, newest - 1, 1)] == [newest]

    run("outbox", tmp_path, scenario)


def test_who_was_away_for_too_long_is_told(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        kinds: list[str] = []

        async def note(message: Message) -> None:
            kinds.append(message.kind)

        for kind in (MISSED, KIND):
            found[1].bus.subscribe(kind, note)
        database = found[0].database
        async with database.transaction() as tx:
            for text in ("gone", "gone", "there"):
                await insert_event(tx, 1000, "dead", KIND, text.encode())
            await prune_events(tx, 2000)
        assert await found[1].hears(1) == ["there"]
        assert kinds == [MISSED, KIND]

    run("outbox", tmp_path, scenario)


def test_messages_are_lost_with_an_error_where_the_database_refuses(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(found: list[Member]) -> None:
        database = found[0].database
        async with database.transaction() as tx:
            await tx.execute(
                Sql(
                    "CREATE TRIGGER refuse BEFORE INSERT ON _pbpy_events"
                    " BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
            )
        found[0].bus.publish(Message(KIND, b"lost"))
        await found[0].bus.sync()
        async with database.transaction() as tx:
            await tx.execute(Sql("DROP TRIGGER refuse"))
        found[0].bus.publish(Message(KIND, b"there"))
        assert await found[1].hears(1) == ["there"]

    run("outbox", tmp_path, scenario)
    assert "messages to other workers were lost" in caplog.text


def test_what_is_published_while_other_messages_are_lost_is_sent(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        database = found[0].database
        lost = Sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON _pbpy_events WHEN NEW.data = x'00'"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        async with database.transaction() as tx:
            await tx.execute(lost)
            found[0].bus.publish(Message(KIND, b"\0"))
            await asyncio.sleep(0)  # its own transaction waits for this one from now on
            found[0].bus.publish(Message(KIND, b"there"))
        assert await found[1].hears(1) == ["there"]

    run("outbox", tmp_path, scenario)


def test_a_table_that_another_server_removed_is_made_anew(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        kinds: list[str] = []

        async def note(message: Message) -> None:
            kinds.append(message.kind)

        found[1].bus.subscribe(MISSED, note)
        database = found[0].database
        found[0].bus.publish(Message(KIND, b"one"))
        await found[1].hears(1)
        async with database.transaction() as tx:
            await drop_outbox(tx)
        await found[0].bus.sync()
        for text in (b"two", b"three"):
            async with database.transaction() as tx:
                found[0].bus.publish(Message(KIND, text), tx)
        for member in found:
            assert await member.hears(3) == ["one", "two", "three"]
        assert kinds == [MISSED]

    run("outbox", tmp_path, scenario)


def test_processes_that_start_together_make_one_table(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        database = found[0].database
        begin = await seqs(database)
        async with database.transaction() as tx:
            await create_outbox(tx)
        assert len(begin) == 1
        assert await seqs(database) == begin

    run("outbox", tmp_path, scenario)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_burst_of_questions_leaves_few_connections(tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        gate = asyncio.Event()
        waiting = asyncio.Semaphore(0)

        async def wait(_: Message) -> bytes:
            waiting.release()
            await gate.wait()
            return b"done"

        found[1].bus.subscribe("wait", wait)
        worker = found[1].bus.worker
        asked = [asyncio.create_task(found[0].bus.send(worker, Message("wait"))) for _ in range(60)]
        for _ in asked:
            await waiting.acquire()
        files = open_files()
        gate.set()
        assert await asyncio.gather(*asked) == [b"done"] * 60
        await found[0].bus.sync()
        async with asyncio.timeout(LIMIT_S):
            while True:
                if open_files() <= files - 2 * 40:
                    break
                await asyncio.sleep(0)
        assert await found[0].bus.send(worker, Message("wait")) == b"done"

    run("outbox", tmp_path, scenario)

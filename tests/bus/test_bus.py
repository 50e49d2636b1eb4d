"""What holds for every bus."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from pbpy.bus.bus import ASK_LIMIT_S, Message
from pbpy.errors import WorkerGone
from pbpy.store.sql import Sql
from tests.bus.members import KIND, Member, run

if TYPE_CHECKING:
    from pathlib import Path

INSERT = Sql("INSERT INTO t VALUES ('a')")
COUNT = Sql("SELECT count(*) FROM t")


class Oops(Exception):
    pass


def message(text: str) -> Message:
    return Message(KIND, text.encode())


def test_everybody_hears_what_is_published(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        found[0].bus.publish(message("one"))
        for member in found:
            assert await member.hears(1) == ["one"]
            assert member.heard[0].sender == found[0].bus.worker

    run(kind, tmp_path, scenario, count=3)


def test_workers_have_short_names_of_their_own(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        names = {member.bus.worker for member in found}
        assert len(names) == 3
        assert {len(name) for name in names} == {4}
        assert not any(member.bus.is_alone for member in found)

    run(kind, tmp_path, scenario, count=3)


def test_a_message_goes_out_with_its_commit(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        first, second = found

        seen: list[int] = []

        async def count(_: Message) -> None:
            seen.append(int(str(await second.database.value(COUNT))))

        second.bus.subscribe(KIND, count)
        async with first.database.transaction() as tx:
            first.bus.publish(message("inside"), tx)
            await tx.execute(INSERT)
            await second.bus.sync()
            assert second.heard == []
        assert await second.hears(1) == ["inside"]
        await first.bus.sync()
        assert seen == [1]

    run(kind, tmp_path, scenario)


def test_a_message_is_gone_with_its_transaction(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        first, second = found
        with pytest.raises(Oops):
            async with first.database.transaction() as tx:
                first.bus.publish(message("rolled back"), tx)
                raise Oops
        async with first.database.transaction() as tx:
            first.bus.publish(message("before"), tx)
            with pytest.raises(Oops):
                async with tx.savepoint():
                    first.bus.publish(message("undone"), tx)
                    raise Oops
            first.bus.publish(message("after"), tx)
        for member in (first, second):
            await member.hears(2)
        await first.bus.sync()
        assert first.texts == second.texts == ["before", "after"]

    run(kind, tmp_path, scenario)


def test_all_hear_the_same_order(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        async def publish(member: Member, name: str) -> None:
            for number in range(20):
                async with member.database.transaction() as tx:
                    member.bus.publish(message(f"{name}{number}"), tx)
                if number % 5 == 0:
                    await asyncio.sleep(0)

        await asyncio.gather(
            *(publish(member, name) for member, name in zip(found, "abc", strict=True))
        )
        texts = [await member.hears(60) for member in found]
        assert texts[0] == texts[1] == texts[2]
        for name in "abc":
            own = [text for text in texts[0] if text[0] == name]
            assert own == [f"{name}{number}" for number in range(20)]

    run(kind, tmp_path, scenario, count=3)


def test_one_member_answers_another(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        first, second = found

        async def double(asked: Message) -> bytes:
            assert asked.sender == first.bus.worker
            return asked.data * 2

        second.bus.subscribe("double", double)
        data = b"\n\0x" * 1_000_000
        assert await first.bus.send(second.bus.worker, Message("double", data)) == data * 2
        assert await first.bus.send(second.bus.worker, Message("unknown")) == b""
        assert first.heard == second.heard == []

    run(kind, tmp_path, scenario)


def test_many_questions_at_once(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        async def echo(asked: Message) -> bytes:
            await asyncio.sleep(0)
            return asked.data

        for member in found:
            member.bus.subscribe("echo", echo)
        questions = [
            (found[number % 3], found[number // 3 % 3], str(number).encode())
            for number in range(60)
        ]
        answers = await asyncio.gather(
            *(one.bus.send(two.bus.worker, Message("echo", data)) for one, two, data in questions)
        )
        assert answers == [data for _, _, data in questions]

    run(kind, tmp_path, scenario, count=3)


def test_who_is_not_there_does_not_answer(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        for name in ("none", "", "../x", "a" * 300):
            with pytest.raises(WorkerGone):
                await found[0].bus.send(name, Message("x"))
        await found[1].bus.close()
        with pytest.raises(WorkerGone):
            await found[0].bus.send(found[1].bus.worker, Message("x"))
        found[0].bus.publish(message("still"))
        assert await found[0].hears(1) == ["still"]
        await found[0].bus.sync()
        assert found[1].heard == []

    run(kind, tmp_path, scenario)


def test_a_callback_that_fails_is_not_the_end(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(found: list[Member]) -> None:
        async def fail(_: Message) -> None:
            raise Oops

        found[1].bus.subscribe("fail", fail)
        found[0].bus.publish(Message("fail"))
        found[0].bus.publish(message("goes on"))
        assert await found[1].hears(1) == ["goes on"]
        with pytest.raises(WorkerGone):
            await found[0].bus.send(found[1].bus.worker, Message("fail"))

    run(kind, tmp_path, scenario)
    assert "a message of kind fail was not" in caplog.text


def test_sync_waits_until_all_have_heard(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        for number in range(10):
            async with found[0].database.transaction() as tx:
                found[0].bus.publish(message(str(number)), tx)
            await found[0].bus.sync()
            assert [len(member.heard) for member in found[1:]] == [number + 1] * 2
        found[0].bus.publish(message("without a transaction"))
        await found[0].bus.sync()
        assert [len(member.heard) for member in found[1:]] == [11, 11]

    run(kind, tmp_path, scenario, count=3)


def test_who_sent_a_message_hears_who_has_acted_on_it(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        first, others = found[0], found[1:]
        confirmed: asyncio.Queue[bytes] = asyncio.Queue()
        first.bus.on_confirmed(KIND, confirmed.put_nowait)
        for member in others:
            member.bus.listen("posts")
        expected = first.bus.count_elsewhere("posts", "tags")
        first.bus.publish(message("12 what happened"))
        for member in others:
            await member.hears(1)
            member.bus.confirm(member.heard[0])
        assert expected in (None, 2)
        for _ in range(expected or 0):
            assert await confirmed.get() == b"12"
        for member in others:
            member.bus.ignore("posts")
        assert first.bus.count_elsewhere("posts", "tags") in (None, 0)

    run(kind, tmp_path, scenario, count=3)


def test_a_member_that_hangs_holds_up_the_others_once(kind: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        gate = asyncio.Event()
        answered = []

        async def hang(_: Message) -> bytes:
            await gate.wait()
            return b""

        async def answer(_: Message) -> bytes:
            answered.append(True)
            return b""

        found[1].bus.subscribe("ask", hang)
        found[2].bus.subscribe("ask", answer)
        started = time.monotonic()
        for _ in range(5):
            await found[0].bus.ask_others(Message("ask"))
        waited_s = time.monotonic() - started
        gate.set()
        assert len(answered) == 5
        assert waited_s < 2 * ASK_LIMIT_S

    if kind == "local":
        pytest.skip("its members share an event loop, and hang together")
    run(kind, tmp_path, scenario, count=3)

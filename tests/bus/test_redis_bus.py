"""The Redis bus: broken connections, and applications that share a Redis."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis

from pbpy.bus import redis_bus
from pbpy.bus.bus import MISSED, Message
from pbpy.bus.redis_bus import RedisBus
from pbpy.errors import ConfigError
from tests.bus.members import KIND, LIMIT_S, Member, run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_member_whose_connection_broke_is_told(redis_url: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        told = asyncio.Event()

        async def note(_: Message) -> None:
            told.set()

        found[1].bus.subscribe(MISSED, note)
        async with Redis.from_url(redis_url) as redis:
            await redis.client_kill_filter(_type="pubsub")
        await told.wait()
        found[0].bus.publish(Message(KIND, b"again"))
        assert await found[1].hears(1) == ["again"]

    run(redis_url, tmp_path, scenario)


def test_what_waits_for_a_redis_that_hangs_is_heard_here_all_at_once(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each message would wait as long as the first one."""
    monkeypatch.setattr(redis_bus, "ANSWER_LIMIT_S", 0.3)

    async def scenario(found: list[Member]) -> None:
        async with Redis.from_url(redis_url) as redis:
            pid = (await redis.info())["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(5):
                for number in range(40):
                    found[0].bus.publish(Message(KIND, b"%d" % number))
                assert await found[0].hears(40) == [str(number) for number in range(40)]
        finally:
            os.kill(pid, signal.SIGCONT)

    run(redis_url, tmp_path, scenario)


def test_other_databases_of_a_redis_hear_nothing(redis_url: str, tmp_path: Path) -> None:
    async def scenario(found: list[Member]) -> None:
        other = Member(RedisBus(redis_url.removesuffix("0") + "1"), found[0].database)
        await other.bus.open()
        found[0].bus.publish(Message(KIND, b"ours"))
        await found[1].hears(1)
        other.bus.publish(Message(KIND, b"theirs"))
        assert await other.hears(1) == ["theirs"]
        assert found[0].texts == found[1].texts == ["ours"]
        await other.bus.close()

    run(redis_url, tmp_path, scenario)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense://x"])
def test_a_redis_that_cannot_be_used_is_a_clear_error(url: str) -> None:
    async def main() -> None:
        with pytest.raises(ConfigError, match="Redis"):
            await RedisBus(url).open()

    asyncio.run(asyncio.wait_for(main(), LIMIT_S))


@pytest.mark.parametrize("text", [b"", b"text", b"[1]\nx", b"{}\nx", b'{"kind":1}\nx'])
def test_what_others_send_there_is_not_the_end(
    redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: bytes
) -> None:
    async def scenario(found: list[Member]) -> None:
        async with Redis.from_url(redis_url) as redis:
            await redis.publish("pbpy:0:all", text)
        found[0].bus.publish(Message(KIND, b"ours"))
        assert await found[1].hears(1) == ["ours"]

    run(redis_url, tmp_path, scenario)
    assert "none of ours" in caplog.text

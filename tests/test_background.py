"""Work after the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy import background
from pbpy.background import Background
from pbpy.errors import MailError

if TYPE_CHECKING:
    import pytest


def test_failures_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(error: Exception) -> None:
        raise error

    async def main() -> None:
        tasks = Background()
        assert tasks.start(fail(MailError("no server")), "mail")
        assert tasks.start(fail(RecursionError("deep")), "sweep")
        await tasks.wait()
        await tasks.close()

    asyncio.run(main())
    assert [record.getMessage() for record in caplog.records] == [
        "mail failed: no server",
        "sweep failed",
    ]


def test_too_much_work_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MAX_TASKS", 2)

    async def main() -> None:
        tasks, gate = Background(), asyncio.Event()

        async def wait() -> None:
            await gate.wait()

        assert [tasks.start(wait(), "x") for _ in range(3)] == [True, True, False]
        gate.set()
        await tasks.wait()
        assert tasks.start(wait(), "x")
        await tasks.close()

    asyncio.run(main())


def test_closing_waits_and_then_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "CLOSE_TIMEOUT_S", 0.1)
    ended: list[str] = []

    async def main() -> None:
        tasks = Background()

        async def short() -> None:
            await asyncio.sleep(0.01)
            ended.append("short")

        async def long() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        tasks.start(short(), "short")
        tasks.start(long(), "long")
        await tasks.close()

    asyncio.run(main())
    assert ended == ["short", "cancelled"]

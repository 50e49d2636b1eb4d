"""Rounds: everybody gets a turn, whatever the others do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy.realtime.rounds import Rounds

if TYPE_CHECKING:
    import pytest


def test_a_write_that_fails_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        rounds = Rounds()
        times: list[float] = []
        done = asyncio.Event()

        def fail(_: float) -> None:
            raise OSError

        for _ in range(100):
            rounds.add(fail)
            rounds.add(times.append)
        rounds.add(lambda _: done.set())
        await done.wait()
        assert len(times) == 100

    asyncio.run(asyncio.wait_for(main(), 5))
    assert "could not be written" in caplog.text

"""The bus of a server of one process."""

from __future__ import annotations

import asyncio
import tracemalloc

from pbpy.bus.bus import Message
from pbpy.bus.local_bus import LocalBus
from tests.bus.members import KIND, LIMIT_S


def test_a_member_that_is_alone_hears_itself() -> None:
    async def main() -> None:
        bus, heard = LocalBus(), asyncio.Event()

        async def note(message: Message) -> None:
            assert message == Message(KIND, b"me", bus.worker)
            heard.set()

        bus.subscribe(KIND, note)
        await bus.open()
        assert bus.is_alone
        bus.publish(Message(KIND, b"me"))
        await bus.sync()
        await heard.wait()
        await bus.close()
        await bus.close()

    asyncio.run(asyncio.wait_for(main(), LIMIT_S))


def test_topics_that_nobody_listens_to_any_more_take_no_memory() -> None:
    """Their names are what clients make of them, 2,500 bytes each."""
    bus = LocalBus()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(2000):
            topic = f"{number:2500}"
            bus.listen(topic)
            bus.ignore(topic)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000

"""LocalBus: members in one process; with one member, the bus of a server of one process."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pbpy.bus.bus import ASK_LIMIT_S, Subscribers, new_worker_id
from pbpy.bus.confirmations import Confirmations, pack_confirmation
from pbpy.errors import WorkerGone

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pbpy.bus.bus import Callback, Message
    from pbpy.store.access import Transaction


class LocalBus:
    """One member. Fulfils `pbpy.bus.bus.Bus`.

    Args:
        members: who hears whom, shared by all of them; None for a member that stays alone.
    """

    def __init__(self, members: dict[str, LocalBus] | None = None) -> None:
        self.worker = new_worker_id()
        self.is_alone = members is None
        self._members = {} if members is None else members
        self._subscribers = Subscribers()
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._topics: Counter[str] = Counter()
        self._confirmations = Confirmations()
        self._reading: asyncio.Task[None] | None = None

    def subscribe(self, kind: str, callback: Callback) -> None:
        """Call back for the messages of a kind."""
        self._subscribers.add(kind, callback)

    def publish(self, message: Message, tx: Transaction | None = None) -> None:
        """Put a message into every inbox, now or in the moment of the commit."""
        sent = replace(message, sender=self.worker)
        if tx is None:
            self._spread(sent)
        else:
            tx.at_commit(partial(self._spread, sent))

    def _spread(self, message: Message) -> None:
        for member in self._members.values():
            member._inbox.put_nowait(message)  # noqa: SLF001  # another member

    async def send(self, worker: str, message: Message) -> bytes:
        """Have another member answer.

        Raises:
            WorkerGone: there is no such member.
        """
        member = self._members.get(worker)
        if member is None:
            raise WorkerGone(f"there is no worker {worker}")
        sent = replace(message, sender=self.worker)
        return await member._subscribers.answer(sent)  # noqa: SLF001  # another member

    async def ask_others(self, message: Message) -> None:
        """Have every other member answer, each after what is in its inbox."""
        if not self.is_alone:
            others = [member for name, member in self._members.items() if name != self.worker]
            await self._in_time(*(self._ask(member, message) for member in others))

    async def _ask(self, member: LocalBus, message: Message) -> None:
        await member._inbox.join()  # another member
        with contextlib.suppress(WorkerGone):
            await self.send(member.worker, message)

    async def sync(self) -> None:
        """Wait until all inboxes are empty."""
        if not self.is_alone:
            await self._in_time(*(member._inbox.join() for member in self._members.values()))  # noqa: SLF001

    async def _in_time(self, *work: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASK_LIMIT_S):
                await asyncio.gather(*work)

    def listen(self, topic: str) -> None:
        """Count a listener of a topic."""
        self._topics[topic] += 1

    def ignore(self, topic: str) -> None:
        """Count one less."""
        self._topics[topic] -= 1
        if not self._topics[topic]:
            del self._topics[topic]

    def count_elsewhere(self, *topics: str) -> int:
        """Return how many other members listen to one of some topics."""
        if self.is_alone:
            return 0
        others = (member for member in self._members.values() if member is not self)
        return sum(
            any(topic in member._topics for topic in topics)  # noqa: SLF001  # another member
            for member in others
        )

    def confirm(self, message: Message) -> None:
        """Call the sender back."""
        member = self._members.get(message.sender)
        if member is not None:
            member._confirmations.deliver(pack_confirmation(message))  # noqa: SLF001

    def on_confirmed(self, kind: str, callback: Callable[[bytes], None]) -> None:
        """Call back when another member confirms a message of a kind."""
        self._confirmations.add(kind, callback)

    async def open(self) -> None:
        """Join."""
        self._members[self.worker] = self
        self._reading = asyncio.create_task(self._read(), name="pbpy-bus")

    async def _read(self) -> None:
        while True:
            message = await self._inbox.get()
            try:
                await self._subscribers.deliver(message)
            finally:
                self._inbox.task_done()

    async def close(self) -> None:
        """Leave."""
        self._members.pop(self.worker, None)
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

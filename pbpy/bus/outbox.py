"""Outbox: the bus of processes that share data.db.

A message is a row, written in the transaction of the change that it tells of: whoever sees the
one sees the other, and no crash comes between them. Everybody reads the rows in their order.
Measured on two busy cores: a row of 200 bytes adds 17 us to a transaction, and another process
has it after 0.2 ms (median); after POLL_S at the latest where the doorbell was not heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pbpy.bus.bus import (
    ASK_LIMIT_S,
    MISSED,
    SYNC,
    Message,
    Subscribers,
    log,
    new_worker_id,
)
from pbpy.bus.confirmations import Confirmations, pack_confirmation
from pbpy.bus.doorbell import Doorbell
from pbpy.bus.queries import (
    create_outbox,
    events_after,
    has_outbox,
    insert_event,
    is_dropped,
    newest_event,
    oldest_moment,
    prune_events,
)
from pbpy.bus.questions import Questions
from pbpy.bus.silent import SilentMembers
from pbpy.bus.topic_table import TopicTable
from pbpy.errors import StoreError, WorkerGone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pbpy.bus.bus import Callback
    from pbpy.store.access import Transaction
    from pbpy.store.store import Database

POLL_S: Final = 0.25
PRUNE_EVERY_S: Final = 1.0
KEPT_S: Final = 15
"""How long rows stay; a process that was stopped for longer misses messages, and is told so."""

_PAGE: Final = 500
_TOPICS_FILE: Final = "topics"


class Outbox:
    """One process. Fulfils `pbpy.bus.bus.Bus`.

    Args:
        database: the one whose transactions `publish` gets.
        folder: for the sockets; of the user alone.
        number: the place of this process among all; the first one deletes old rows.
    """

    is_alone = False

    def __init__(self, database: Database, folder: Path, number: int) -> None:
        self.worker = new_worker_id()
        self._db = database
        self._prunes = number == 0
        self._topics = TopicTable(folder / _TOPICS_FILE, number)
        self._silent = SilentMembers()
        self._subscribers = Subscribers()
        self._rung = asyncio.Event()
        self._bell = Doorbell(folder, self.worker, self._hear)
        self._confirmations = Confirmations()
        self._questions = Questions(folder, self.worker, self._answer)
        self._reading = asyncio.Lock()
        self._seen = 0
        self._is_ringing = False
        self._unsent: deque[Message] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def subscribe(self, kind: str, callback: Callback) -> None:
        """Call back for the messages of a kind."""
        self._subscribers.add(kind, callback)

    # publish

    def publish(self, message: Message, tx: Transaction | None = None) -> None:
        """Write a row at the end of the transaction, or soon in one of its own."""
        if tx is not None:
            tx.before_commit(partial(self._write, tx, message))
            tx.after_commit(self._ring_soon)
            return
        self._unsent.append(message)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all(), name="pbpy-outbox")

    async def _write(self, tx: Transaction, message: Message) -> None:
        event = (int(time.time()), self.worker, message.kind, message.data)
        try:
            await insert_event(tx, *event)
        except StoreError as error:
            if not is_dropped(error):
                raise
            await create_outbox(tx)
            await insert_event(tx, *event)

    def _ring_soon(self) -> None:
        """Ring once for all that is published in this turn of the event loop."""
        if not self._is_ringing:
            self._is_ringing = True
            asyncio.get_running_loop().call_soon(self._ring)

    def _ring(self) -> None:
        self._is_ringing = False
        self._rung.set()
        self._bell.ring()

    async def _send_all(self) -> None:
        try:
            while self._unsent:
                messages = list(self._unsent)
                self._unsent.clear()
                try:
                    async with self._db.transaction() as tx:
                        for message in messages:
                            self.publish(message, tx)
                except StoreError as error:
                    log.error("%d messages to other workers were lost: %s", len(messages), error)
        finally:
            self._sending = None

    # read

    def _hear(self, said: bytes) -> None:
        if said:
            self._confirmations.deliver(said)
        else:
            self._rung.set()

    async def _read(self) -> None:
        pruned_at = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._rung.wait()
            self._rung.clear()
            try:
                await self._drain()
                if self._prunes and time.monotonic() - pruned_at > PRUNE_EVERY_S:
                    pruned_at = time.monotonic()
                    await self._prune()
            except StoreError as error:
                if not is_dropped(error):
                    log.warning("the messages of other workers cannot be read now: %s", error)

    async def _drain(self) -> None:
        """Deliver all rows that are not delivered yet."""
        async with self._reading:
            while rows := await events_after(self._db, self._seen, _PAGE):
                for seq, sender, kind, data in rows:
                    if seq != self._seen + 1:
                        await self._subscribers.deliver(Message(MISSED))
                    self._seen = seq
                    await self._subscribers.deliver(Message(kind, data, sender))

    async def _prune(self) -> None:
        before = int(time.time()) - KEPT_S
        oldest = await oldest_moment(self._db)
        if oldest is not None and oldest < before:
            async with self._db.transaction() as tx:
                await prune_events(tx, before)

    # one to one

    async def send(self, worker: str, message: Message) -> bytes:
        """Ask another process, or this one.

        Raises:
            WorkerGone: there is no such process, or it does not answer.
        """
        if worker == self.worker:
            return await self._subscribers.answer(replace(message, sender=worker))
        return await self._questions.ask(worker, message)

    async def _answer(self, message: Message) -> bytes:
        # Whoever asks may count on it that what was published before is known here.
        await self._drain()
        return b"" if message.kind == SYNC else await self._subscribers.answer(message)

    async def sync(self) -> None:
        """Have every other process read all rows."""
        await self.ask_others(Message(SYNC))

    async def ask_others(self, message: Message) -> None:
        """Ask every other process; those that do not answer are left behind."""
        silent = self._silent.choose(self._bell.workers())
        if not silent and self._sending is None:
            return

        async def ask(name: str) -> None:
            with contextlib.suppress(WorkerGone):
                await self._questions.ask(name, message)
            silent.discard(name)

        try:
            async with asyncio.timeout(ASK_LIMIT_S):
                if self._sending is not None:
                    await asyncio.shield(self._sending)
                await asyncio.gather(*(ask(name) for name in tuple(silent)))
        except TimeoutError:
            log.warning("another worker is busy, and hears later what was changed here")
            self._silent.add(silent)

    # topics

    def listen(self, topic: str) -> None:
        """Note a topic in the table that all processes map."""
        self._topics.add(topic)

    def ignore(self, topic: str) -> None:
        """Take a note back."""
        self._topics.remove(topic)

    def count_elsewhere(self, *topics: str) -> int:
        """Return how many other processes may have noted one of some topics."""
        return self._topics.count_others(*topics)

    def confirm(self, message: Message) -> None:
        """Send a datagram to the process that has sent a message."""
        self._bell.tell(message.sender, pack_confirmation(message))

    def on_confirmed(self, kind: str, callback: Callable[[bytes], None]) -> None:
        """Call back when another process confirms a message of a kind."""
        self._confirmations.add(kind, callback)

    # life

    async def open(self) -> None:
        """Join; makes the table where there is none."""
        if not await has_outbox(self._db):
            async with self._db.transaction() as tx:
                await create_outbox(tx)
        self._seen = await newest_event(self._db)
        await self._questions.open()  # first: who sees the bell may ask
        self._bell.open()
        self._tasks = [asyncio.create_task(self._read(), name="pbpy-outbox-read")]

    async def close(self) -> None:
        """Send what is unsent, and leave."""
        if self._sending is not None:
            await self._sending
        self._bell.close()
        await self._questions.close()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._topics.close()

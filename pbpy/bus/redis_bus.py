"""RedisBus: the bus of processes on several machines, through Redis publish and subscribe.

What Redis carries is as durable as a connection: a member whose connection is down hears what it
publishes itself, has missed what others did, and is told so when it is back. A message is sent
right after the commit, so a process that dies in between sends none.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import orjson
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from pbpy.bus.bus import (
    ANSWER_LIMIT_S,
    ASK_LIMIT_S,
    MISSED,
    SYNC,
    Message,
    Subscribers,
    log,
    new_worker_id,
)
from pbpy.bus.silent import SilentMembers
from pbpy.errors import ConfigError, WorkerGone
from pbpy.ids import random_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.bus.bus import Callback
    from pbpy.store.access import Transaction

_RETRY_S: Final = 0.5
_POLL_S: Final = 1.0
_QUESTION_LENGTH: Final = 12
_FAILED: Final = "bus.failed"
_BROKEN: Final = (RedisError, OSError)


class RedisBus:
    """One process. Fulfils `pbpy.bus.bus.Bus`.

    Args:
        url: `redis://host:6379/0`; applications with other database numbers do not hear this one.
    """

    is_alone = False

    def __init__(self, url: str) -> None:
        self.worker = new_worker_id()
        try:
            self._redis: Any = Redis.from_url(
                url, retry=Retry(NoBackoff(), 1), socket_timeout=ANSWER_LIMIT_S
            )
        except ValueError as error:
            raise ConfigError(f"the Redis address cannot be used: {error}") from error
        database = self._redis.connection_pool.connection_kwargs.get("db", 0)
        self._everybody = f"pbpy:{database}:all"
        self._mailbox = f"pbpy:{database}:to:"
        self._subscribers = Subscribers()
        self._silent = SilentMembers()
        self._unsent: deque[Message] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._is_joined = False
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def subscribe(self, kind: str, callback: Callback) -> None:
        """Call back for the messages of a kind."""
        self._subscribers.add(kind, callback)

    # publish

    def publish(self, message: Message, tx: Transaction | None = None) -> None:
        """Send to all, soon or soon after the commit."""
        if tx is not None:
            tx.at_commit(partial(self.publish, message))
            return
        self._unsent.append(message)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all(), name="pbpy-redis-send")

    async def _send_all(self) -> None:
        try:
            while self._unsent:
                if await self._has_reached_all(self._unsent[0]):
                    self._unsent.popleft()
                    continue
                # This process alone hears them; what has come meanwhile does not wait once more.
                for _ in range(len(self._unsent)):
                    message = replace(self._unsent.popleft(), sender=self.worker)
                    await self._subscribers.deliver(message)
        finally:
            self._sending = None

    async def _has_reached_all(self, message: Message) -> bool:
        """Publish a message; False while Redis cannot be reached."""
        if not self._is_joined:
            return False
        try:
            await self._redis.publish(self._everybody, self._pack(message, {}))
        except _BROKEN as error:
            count = len(self._unsent)
            log.warning("%d messages did not reach the other workers: %s", count, error)
            return False
        return True

    def _pack(self, message: Message, fields: dict[str, str]) -> bytes:
        head = {"sender": self.worker, "kind": message.kind, **fields}
        return orjson.dumps(head) + b"\n" + message.data

    # one to one

    async def send(self, worker: str, message: Message) -> bytes:
        """Ask another process, or this one.

        Raises:
            WorkerGone: there is no such process, or it does not answer.
        """
        if worker == self.worker:
            return await self._subscribers.answer(replace(message, sender=worker))
        question = random_text(_QUESTION_LENGTH)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answers[question] = answer
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                if not await self._tell(worker, message, {"question": question}):
                    raise WorkerGone(f"there is no worker {worker}")
                return await answer
        except (*_BROKEN, TimeoutError) as error:
            raise WorkerGone(f"the worker {worker} does not answer: {error!r}") from error
        finally:
            del self._answers[question]

    async def _tell(self, worker: str, message: Message, fields: dict[str, str]) -> bool:
        heard: int = await self._redis.publish(self._mailbox + worker, self._pack(message, fields))
        return heard > 0

    async def sync(self) -> None:
        """Ask every other process for an answer: it has heard by then what came before."""
        await self.ask_others(Message(SYNC))

    async def ask_others(self, message: Message) -> None:
        """Ask every other process; what this one has published before is on its way first."""
        silent: set[str] = set()

        async def ask(name: str) -> None:
            with contextlib.suppress(WorkerGone):
                await self.send(name, message)
            silent.discard(name)

        try:
            async with asyncio.timeout(ASK_LIMIT_S):
                if self._sending is not None:
                    await asyncio.shield(self._sending)
                names = await self._redis.pubsub_channels(self._mailbox + "*")
                others = {name.decode().removeprefix(self._mailbox) for name in names}
                silent |= self._silent.choose(others - {self.worker})
                await asyncio.gather(*(ask(name) for name in tuple(silent)))
        except TimeoutError:
            log.warning("another worker is busy, and hears later what was changed here")
            self._silent.add(silent)
        except _BROKEN as error:
            log.warning("other workers hear later what was changed here: %r", error)

    # topics

    def listen(self, topic: str) -> None:
        """Do nothing: nobody is told."""

    def ignore(self, topic: str) -> None:
        """Do nothing: nobody is told."""

    def count_elsewhere(self, *topics: str) -> None:
        """Return None: who listens on other machines is not known."""

    def confirm(self, message: Message) -> None:
        """Do nothing: nobody waits for an unknown number of members."""

    def on_confirmed(self, kind: str, callback: Callable[[bytes], None]) -> None:
        """Do nothing: nobody confirms."""

    # listen

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channels:
                    await channels.subscribe(self._everybody, self._mailbox + self.worker)
                    await self._hear(channels)
            except _BROKEN as error:
                self._is_joined = False
                log.warning("the connection to Redis is lost: %s", error)
                await asyncio.sleep(_RETRY_S)

    async def _hear(self, channels: Any) -> None:
        confirmed = 0
        while True:
            received = await channels.get_message(timeout=_POLL_S)
            if received is None:
                continue
            if received["type"] == "subscribe":
                confirmed += 1
                await self._note_joined(confirmed)
            elif received["type"] == "message":
                try:
                    await self._take(received["data"])
                except Exception:  # whatever else is sent there must not end the bus
                    log.exception("a message from Redis is none of ours")

    async def _note_joined(self, confirmed: int) -> None:
        """Begin when both channels are heard; after a break, say that messages were missed."""
        if confirmed % 2 == 0:
            if self._listening.is_set():
                await self._subscribers.deliver(Message(MISSED))
            self._is_joined = True
            self._listening.set()

    async def _take(self, packed: bytes) -> None:
        text, _, data = packed.partition(b"\n")
        head = orjson.loads(text)
        message = Message(head["kind"], data, head["sender"])
        if "answer" in head:
            waiting = self._answers.get(head["answer"])
            if waiting is not None and not waiting.done():
                if message.kind == _FAILED:
                    waiting.set_exception(WorkerGone(f"{message.sender} could not answer"))
                else:
                    waiting.set_result(data)
        elif "question" in head:
            task = asyncio.create_task(self._reply(message, head["question"]), name="pbpy-reply")
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        else:
            await self._subscribers.deliver(message)

    async def _reply(self, message: Message, question: str) -> None:
        try:
            answer = Message("", await self._subscribers.answer(message))
        except WorkerGone:
            answer = Message(_FAILED)
        with contextlib.suppress(*_BROKEN):  # the asker's limit of time ends its wait
            await self._tell(message.sender, answer, {"answer": question})

    # life

    async def open(self) -> None:
        """Join.

        Raises:
            ConfigError: Redis cannot be reached.
        """
        try:
            await self._redis.ping()
        except _BROKEN as error:
            await self._redis.aclose()
            raise ConfigError(f"Redis cannot be reached: {error}") from error
        self._reading = asyncio.create_task(self._listen(), name="pbpy-redis")
        await self._listening.wait()

    async def close(self) -> None:
        """Send what is unsent, and leave."""
        if self._sending is not None:
            await self._sending
        tasks = [*self._answering, *([self._reading] if self._reading else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._redis.aclose()

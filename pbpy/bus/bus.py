"""Bus: the interface, its messages, and the callbacks that hear them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from pbpy.errors import WorkerGone
from pbpy.ids import random_text

if TYPE_CHECKING:
    from pbpy.store.access import Transaction

WORKER_ID_LENGTH: Final = 4
"""Short, since ids of realtime clients begin with it."""

MISSED: Final = "bus.missed"
"""The kind of the message that a member gets when it may have missed some."""

ANSWER_LIMIT_S: Final = 5.0
"""How long `send` waits for an answer."""

ASK_LIMIT_S: Final = 1.0
"""How long `ask_others` and `sync` wait: a member that hangs must not hold up the others."""

SYNC: Final = "bus.sync"
"""The kind of the question that `sync` asks, to which there is nothing to say."""

log = logging.getLogger("pbpy.bus")


@dataclass(frozen=True, slots=True)
class Message:
    """What one process tells others.

    Attributes:
        kind: decides who hears it, as `collections`.
        data: whatever the kind says, mostly JSON.
        sender: the worker that sent it; the bus fills it in.
    """

    kind: str
    data: bytes = b""
    sender: str = ""


Callback: TypeAlias = Callable[[Message], Awaitable[bytes | None]]
"""Hears a message; what it returns is the answer where one was asked for."""


class Bus(Protocol):
    """How the processes of one application reach each other.

    Attributes:
        worker: what this process is called, WORKER_ID_LENGTH characters; new for every process.
        is_alone: there can be no other member, so nothing needs to be published for their sake.
    """

    worker: str
    is_alone: bool

    def subscribe(self, kind: str, callback: Callback) -> None:
        """Call back for the messages of a kind, one after the other in their order.

        A callback must not call `sync`; a slow one holds up all messages behind it.
        """

    def publish(self, message: Message, tx: Transaction | None = None) -> None:
        """Send a message to every member, this one included.

        With a transaction it goes out with the commit, in the order of commits, and not at all
        after a rollback; without one it goes out soon.
        """

    async def send(self, worker: str, message: Message) -> bytes:
        """Send a message to one member and return its answer; b"" when it has none.

        Raises:
            WorkerGone: there is no such member, it has failed, or it does not answer in time.
        """

    async def ask_others(self, message: Message) -> None:
        """Have every other member answer; return when all have, or after ASK_LIMIT_S.

        They have heard by then what this one has published before.
        """

    async def sync(self) -> None:
        """Wait until all members have heard what this one has published before."""

    def listen(self, topic: str) -> None:
        """Let the other members know that a topic is listened to here; may be nested."""

    def ignore(self, topic: str) -> None:
        """Take one `listen` back."""

    def count_elsewhere(self, *topics: str) -> int | None:
        """Return how many other members may listen to one of some topics; None if unknown."""

    def confirm(self, message: Message) -> None:
        """Let the sender of a message know that this member has acted on it; may get lost.

        What the sender is told of its data is what comes before the first space.
        """

    def on_confirmed(self, kind: str, callback: Callable[[bytes], None]) -> None:
        """Call back, with the begin of the data, when another member confirms a message."""

    async def open(self) -> None:
        """Join: messages published from now on are heard."""

    async def close(self) -> None:
        """Leave."""


class Subscribers:
    """The callbacks of one member."""

    __slots__ = ("_callbacks",)

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callback]] = {}

    def add(self, kind: str, callback: Callback) -> None:
        """Call back for the messages of a kind."""
        self._callbacks.setdefault(kind, []).append(callback)

    async def deliver(self, message: Message) -> None:
        """Call every callback; the failure of one is logged and keeps nothing from the others."""
        for callback in self._callbacks.get(message.kind, ()):
            try:
                await callback(message)
            except Exception:  # one defect must not end the bus
                log.exception("a message of kind %s was not handled", message.kind)

    async def answer(self, message: Message) -> bytes:
        """Return the answer of the callback that has one.

        Raises:
            WorkerGone: a callback has failed; the log has the reason.
        """
        answer = b""
        try:
            for callback in self._callbacks.get(message.kind, ()):
                answer = await callback(message) or answer
        except Exception as error:
            log.exception("a message of kind %s was not answered", message.kind)
            raise WorkerGone(f"the worker could not answer {message.kind}") from error
        return answer


def new_worker_id() -> str:
    """Return a name for a process."""
    return random_text(WORKER_ID_LENGTH)

r"""Questions: a message to one process of this machine, and its answer, over a Unix socket.

Both sides write a length of four bytes and so many bytes: the asker `sender kind\n` and the data,
the other side `+` and the answer, or `-` when it has failed. A connection carries one question at
a time and may be kept for the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from pbpy.bus.bus import ANSWER_LIMIT_S, Message
from pbpy.errors import PbpyError, WorkerGone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_SUFFIX: Final = ".ask"
_DONE: Final = b"+"
_FAILED: Final = b"-"
_LENGTH_BYTES: Final = 4
_MAX_IDLE: Final = 16
"""Connections to one process that are kept; more are opened while many questions wait."""


class _Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def has_ended(self) -> bool:
        """Whether the other side has closed the connection."""
        return self._reader.at_eof()

    async def write(self, data: bytes) -> None:
        self._writer.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
        await self._writer.drain()

    async def read(self) -> bytes:
        """Return what the other side wrote.

        Raises:
            EOFError: it has closed the connection.
        """
        length = int.from_bytes(await self._reader.readexactly(_LENGTH_BYTES), "big")
        return await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


class Questions:
    """The socket on which this process is asked, and its connections to others.

    Args:
        folder: of all processes that ask each other.
        worker: the name of this one.
        answer: returns the answer to a message of another process.
    """

    def __init__(
        self, folder: Path, worker: str, answer: Callable[[Message], Awaitable[bytes]]
    ) -> None:
        self._folder = folder
        self._worker = worker
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._idle: dict[str, list[_Line]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Answer from now on.

        Raises:
            OSError: the folder is not there, or its path is too long.
        """
        path = self._path(self._worker)
        self._server = await asyncio.start_unix_server(self._accept, path)

    def _path(self, worker: str) -> str:
        return str(self._folder / f"{worker}{_SUFFIX}")

    # asking

    async def ask(self, worker: str, message: Message) -> bytes:
        """Return the answer of another process.

        Raises:
            WorkerGone: there is no such process, it has failed, or it takes too long.
        """
        question = f"{self._worker} {message.kind}\n".encode() + message.data
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                received = await self._exchange(worker, question)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            raise WorkerGone(f"the worker {worker} does not answer: {error!r}") from error
        if received[:1] != _DONE:
            raise WorkerGone(f"the worker {worker} could not answer {message.kind}")
        return received[1:]

    async def _exchange(self, worker: str, question: bytes) -> bytes:
        line = self._find_idle(worker) or await self._connect(worker)
        try:
            await line.write(question)
            answer = await line.read()
        except BaseException:
            line.close()
            raise
        idle = self._idle.setdefault(worker, [])
        if len(idle) < _MAX_IDLE:
            idle.append(line)
        else:
            line.close()
        return answer

    def _find_idle(self, worker: str) -> _Line | None:
        idle = self._idle.get(worker)
        while idle:
            line = idle.pop()
            if not line.has_ended:
                return line
            line.close()
        return None

    async def _connect(self, worker: str) -> _Line:
        if not worker.isalnum():
            raise ValueError(worker)
        self._close_ended()
        return _Line(*await asyncio.open_unix_connection(self._path(worker)))

    def _close_ended(self) -> None:
        """Close the connections to processes that have gone; whoever follows has a new name."""
        for worker, lines in list(self._idle.items()):
            if all(line.has_ended for line in lines):
                self._close_idle(worker)

    def _close_idle(self, worker: str) -> None:
        for line in self._idle.pop(worker):
            line.close()

    # answering

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._serving.add(task)
        line = _Line(reader, writer)
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while True:
                await line.write(await self._reply(await line.read()))
        line.close()
        self._serving.discard(task)

    async def _reply(self, question: bytes) -> bytes:
        head, _, data = question.partition(b"\n")
        sender, _, kind = head.decode().partition(" ")
        try:
            return _DONE + await self._answer(Message(kind, data, sender))
        except PbpyError:
            return _FAILED

    async def close(self) -> None:
        """Answer nobody any more."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            (self._folder / f"{self._worker}{_SUFFIX}").unlink(missing_ok=True)
        for worker in list(self._idle):
            self._close_idle(worker)
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        if serving:
            await asyncio.wait(serving)

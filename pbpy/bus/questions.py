r"""Questions: a message to one process of this machine, and its answer, over a Unix socket.

One connection per question: the asker writes `sender kind\n` and the data, and ends its half;
the other side writes `+` and the answer, or `-` when it has failed.
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


class Questions:
    """The socket on which this process is asked.

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

    async def open(self) -> None:
        """Answer from now on.

        Raises:
            OSError: the folder is not there, or its path is too long.
        """
        path = self._path(self._worker)
        self._server = await asyncio.start_unix_server(self._serve, path)

    def _path(self, worker: str) -> str:
        return str(self._folder / f"{worker}{_SUFFIX}")

    async def ask(self, worker: str, message: Message) -> bytes:
        """Return the answer of another process.

        Raises:
            WorkerGone: there is no such process, it has failed, or it takes too long.
        """
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                received = await self._exchange(worker, message)
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkerGone(f"the worker {worker} does not answer: {error!r}") from error
        if received[:1] != _DONE:
            raise WorkerGone(f"the worker {worker} could not answer {message.kind}")
        return received[1:]

    async def _exchange(self, worker: str, message: Message) -> bytes:
        if not worker.isalnum():
            raise ValueError(worker)
        reader, writer = await asyncio.open_unix_connection(self._path(worker))
        with contextlib.closing(writer):
            writer.write(f"{self._worker} {message.kind}\n".encode() + message.data)
            writer.write_eof()
            return await reader.read()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            head, _, data = (await reader.read()).partition(b"\n")
            sender, _, kind = head.decode().partition(" ")
            try:
                answer = _DONE + await self._answer(Message(kind, data, sender))
            except PbpyError:
                answer = _FAILED
            writer.write(answer)
            await writer.drain()

    async def close(self) -> None:
        """Answer nobody any more."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            path = self._folder / f"{self._worker}{_SUFFIX}"
            path.unlink(missing_ok=True)

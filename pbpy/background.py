"""Work that goes on after the answer, owned by the application."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from pbpy.errors import PbpyError

if TYPE_CHECKING:
    from collections.abc import Coroutine

MAX_TASKS: Final = 1000
"""Beyond it new work is dropped: a mail server that hangs must not fill the memory."""

CLOSE_TIMEOUT_S: Final = 3.0

log = logging.getLogger("pbpy")


class Background:
    """The running tasks; a failure goes to the log, never further (SEC-03)."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """Begin work in a task of its own; False when there is too much of it already."""
        if len(self._tasks) >= MAX_TASKS:
            work.close()
            log.error("%s was dropped: %d tasks are waiting already", name, len(self._tasks))
            return False
        task = asyncio.create_task(_logged(work, name), name=f"pbpy-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def wait(self) -> None:
        """Wait until everything that was started has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Wait for the tasks for a moment, then cancel what is left."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=CLOSE_TIMEOUT_S)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)


async def _logged(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    except PbpyError as error:
        log.error("%s failed: %s", name, error)  # noqa: TRY400  # expected kinds need no trace
    except (Exception, SystemExit):  # asyncio would let SystemExit end the server
        log.exception("%s failed", name)

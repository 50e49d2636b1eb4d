"""Rounds: who has something to write does so once for all that came since the last time.

A write to a socket costs far more than what is in it. While one round writes to some streams,
more messages may come for the others: under load a write carries several.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TURN: Final = 64
"""After so many writes, of 5 to 10 us each, the event loop gets a turn."""

log = logging.getLogger("pbpy.realtime")


class Rounds:
    """Calls back, soon and in order. Whoever adds twice before its turn is called twice."""

    __slots__ = ("_due", "_is_planned")

    def __init__(self) -> None:
        self._due: deque[Callable[[float], None]] = deque()
        self._is_planned = False

    def add(self, write: Callable[[float], None]) -> None:
        """Call write with the time of the event loop; it must not wait."""
        self._due.append(write)
        if not self._is_planned:
            self._is_planned = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        due, loop = self._due, asyncio.get_running_loop()
        now = loop.time()
        for _ in range(min(len(due), _TURN)):
            try:
                due.popleft()(now)
            except Exception:  # one stream must not hold up all others for good
                log.exception("messages of a stream could not be written")
        self._is_planned = bool(due)
        if due:
            loop.call_soon(self._run)

"""The workers of a server as their parent sees them: who runs, who is to be started when."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Final

from pbpy.serve.forks import find_end
from pbpy.serve.listen import listen_again

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

STABLE_S: Final = 5.0
"""A worker that lived for so long is replaced at once when it dies."""

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
"""Between the starts of a worker that dies young again and again."""


class Worker:
    """One place among the workers, and the process that has it at the moment.

    Attributes:
        number: from 0 on.
        listener: its listening socket; None during a pause, in which the others get all.
        pid: of the process; 0 when there is none.
        is_ready: the process has accepted requests.
        exit_code: how the last process has ended, as Popen's returncode; 0 before.
        start_at: when the next process is due, on the monotonic clock.
    """

    def __init__(self, number: int, listener: socket.socket) -> None:
        self.number = number
        self.listener: socket.socket | None = listener
        self.pid = 0
        self.is_ready = False
        self.exit_code = 0
        self.start_at = 0.0
        self._address = (listener.family, listener.getsockname())
        self._started_at = 0.0
        self._early_deaths = 0

    def start(self, fork: Callable[[Worker], int]) -> None:
        """Give the place to a new process."""
        if self.listener is None:
            self.listener = listen_again(*self._address)
        self.is_ready = False
        self._started_at = time.monotonic()
        self.pid = fork(self)

    def note_end(self) -> bool:
        """Tell whether the process has ended, and plan the next one if it has."""
        code = find_end(self.pid) if self.pid else None
        if code is None:
            return False
        self.pid = 0
        self.exit_code = code
        now = time.monotonic()
        is_early = not self.is_ready or now - self._started_at < STABLE_S
        self._early_deaths = self._early_deaths + 1 if is_early else 0
        pause_s = 0.0
        if self._early_deaths > 1:
            pause_s = min(FIRST_PAUSE_S * 2 ** (self._early_deaths - 2), LONGEST_PAUSE_S)
            self._stop_listening()
        self.start_at = now + pause_s
        return True

    def _stop_listening(self) -> None:
        """Leave new connections to the others; those that wait here are refused."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def kill(self) -> None:
        """End the process at once."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

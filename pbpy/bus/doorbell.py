"""Doorbell: wakes the other processes of this machine by a datagram.

Every process has a socket in a folder that only its user may enter. A signal that is lost does
no harm: the rows are the truth, and whoever waits for them also looks now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUFFIX: Final = ".bell"
_MAX_DATAGRAM: Final = 256
_QUEUE: Final = 10
"""So many datagrams wait at least before the next one is lost, which may have been a ring."""
_COARSE_NS: Final = 50_000_000
"""Two changes of a folder that are closer than this may bear the same time."""


class Doorbell:
    """The sockets of this process.

    Args:
        folder: of all processes that ring each other.
        worker: the name of this one.
        answer: called with what another process had to say; mostly nothing, it has just rung.
    """

    def __init__(self, folder: Path, worker: str, answer: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._path = folder / f"{worker}{SUFFIX}"
        self._answer = answer
        self._socket: socket.socket | None = None
        self._seen_at = -1
        self._others: tuple[str, ...] = ()

    def open(self) -> None:
        """Hear the others from now on.

        Raises:
            OSError: the folder is not there, or its path is too long.
        """
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        bell.bind(str(self._path))
        self._socket = bell
        asyncio.get_running_loop().add_reader(bell.fileno(), self._hear)

    def _hear(self) -> None:
        heard = 0
        if self._socket is not None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._answer(self._socket.recv(_MAX_DATAGRAM))
                    heard += 1
        if heard >= _QUEUE:
            self._answer(b"")

    def ring(self) -> None:
        """Wake all others; one whose queue is full has been rung already."""
        for path in self._find_others():
            self._send(path, b"")

    def tell(self, worker: str, text: bytes) -> None:
        """Say something short to one of the others; it may get lost."""
        self._send(str(self._folder / f"{worker}{SUFFIX}"), text)

    def _send(self, path: str, text: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(text, path)
        except ConnectionRefusedError:  # its process is dead
            self._forget(path)
        except (BlockingIOError, FileNotFoundError):
            return

    def workers(self) -> list[str]:
        """Return the names of the others."""
        return [self._name(path) for path in self._find_others()]

    def _find_others(self) -> tuple[str, ...]:
        try:
            changed_at = self._folder.stat().st_mtime_ns
        except FileNotFoundError:  # somebody has tidied up: the others look now and then
            return ()
        if changed_at != self._seen_at:
            is_settled = time.time_ns() - changed_at > _COARSE_NS
            self._seen_at = changed_at if is_settled else -1
            bells = self._folder.glob(f"*{SUFFIX}")
            self._others = tuple(str(path) for path in bells if path != self._path)
        return self._others

    def _forget(self, path: str) -> None:
        """Remove all sockets of a process that is dead."""
        for socket_path in self._folder.glob(f"{self._name(path)}.*"):
            socket_path.unlink(missing_ok=True)

    @staticmethod
    def _name(path: str) -> str:
        return path.rpartition("/")[2].removesuffix(SUFFIX)

    def close(self) -> None:
        """Hear nobody any more."""
        bell, self._socket = self._socket, None
        if bell is not None:
            asyncio.get_running_loop().remove_reader(bell.fileno())
            bell.close()
            self._path.unlink(missing_ok=True)

"""Counters that the workers of a server share: a table in a file that each of them maps.

Counting is one short critical section of a file lock, which the system frees when its holder
dies. The table never grows: where a place is wanted and none is free, the window that ends first
makes room, so that its client may begin a new one.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_SLOT: Final = struct.Struct("=16sqqq")  # key, begin, end and count of a window
_SLOTS: Final = 1 << 16
_PLACES: Final = 16
"""Slots, one behind the other, in which a key may stand."""


class SharedCounts:
    """The table as one process sees it.

    Args:
        path: the same for all workers, each of which makes its own object: a lock belongs to
            who has opened the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        size = (_SLOTS + _PLACES) * _SLOT.size
        os.ftruncate(self._file, size)
        self._table = mmap.mmap(self._file, size)

    def take(self, key: str, limit: int, duration: int, now: int) -> bool:
        """Count one in the window of a key; False when it is full.

        Args:
            key: what is counted.
            limit: how many a window may hold.
            duration: of a window, in seconds, from its first count on.
            now: seconds of a clock that all workers share.
        """
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            offset, begin, count = self._find(digest, now)
            if now - begin >= duration:
                begin, count = now, 0
            if count >= limit:
                return False
            _SLOT.pack_into(self._table, offset, digest, begin, begin + duration, count + 1)
            return True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _find(self, digest: bytes, now: int) -> tuple[int, int, int]:
        """Return where a key stands or may be put, with the begin and the count of its window."""
        first = int.from_bytes(digest[:4], "big") % _SLOTS * _SLOT.size
        place, place_end = first, None
        for offset in range(first, first + _PLACES * _SLOT.size, _SLOT.size):
            key, begin, end, count = _SLOT.unpack_from(self._table, offset)
            if key == digest:
                return offset, begin, count
            if place_end is None or end < place_end:
                place, place_end = offset, end
        return place, now, 0

    def close(self) -> None:
        """Let go of the table."""
        self._table.close()
        os.close(self._file)

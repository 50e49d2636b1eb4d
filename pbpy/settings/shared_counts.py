"""Counters that the workers of a server share: a table in a file that each of them maps.

Counting is one short critical section of a file lock, which the system frees when its holder
dies. The table never grows: where a place is wanted and none is free, the window that has the
most left makes room, so its client gains the least; a full one goes only among full ones.

Who may choose keys, as addresses, shall not push out a window of his choice: where a key may
stand depends on a secret of the table, so he has to fill the whole of it.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_KEY_BYTES: Final = 16
_SLOT: Final = struct.Struct(f"{_KEY_BYTES}sdq")  # key and end of a window, and what is left in it
_SLOTS: Final = 1 << 16
_PLACES: Final = 16
"""Slots, one behind the other, in which a key may stand."""

_SPAN: Final = _PLACES * _SLOT.size

_SECRET_BYTES: Final = _SLOT.size
"""The secret is the head of the file, in front of the slots."""


class SharedCounts:
    """The table as one process sees it. Fulfils `pbpy.settings.counts.Counts`.

    Args:
        path: the same for all workers, each of which makes its own object: a lock belongs to
            who has opened the file.
    """

    def __init__(self, path: Path) -> None:
        opened = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._file = os.fdopen(opened, "r+b", buffering=0)
        self._lock = _Lock(opened)
        size = _SECRET_BYTES + (_SLOTS + _PLACES) * _SLOT.size
        self._file.truncate(size)
        self._table = mmap.mmap(opened, size)
        with self._lock:
            if not any(self._table[:_SECRET_BYTES]):
                self._table[:_SECRET_BYTES] = os.urandom(_SECRET_BYTES)
            self._secret = self._table[:_SECRET_BYTES]

    def take(self, key: str, limit: int, duration: float, now: float) -> bool:
        """Count one in the window of a key; False when it is full."""
        digest = self._digest(key)
        with self._lock:
            offset = self._find(digest)
            if offset is None:
                offset, end, left = self._make_room(digest, now), now, 0
            else:
                _, end, left = _SLOT.unpack_from(self._table, offset)
            if now >= end:
                end, left = now + duration, limit
            if left <= 0:
                return False
            _SLOT.pack_into(self._table, offset, digest, end, left - 1)
            return True

    def forget(self, key: str) -> None:
        """End the window of a key."""
        digest = self._digest(key)
        with self._lock:
            offset = self._find(digest)
            if offset is not None:
                _SLOT.pack_into(self._table, offset, b"", 0.0, 0)

    def _digest(self, key: str) -> bytes:
        text = key.encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=_KEY_BYTES, key=self._secret).digest()

    def _find(self, digest: bytes) -> int | None:
        """Return where a key stands, None where it does not."""
        first = _first(digest)
        offset = self._table.find(digest, first, first + _SPAN)
        return None if offset < 0 else offset

    def _make_room(self, digest: bytes, now: float) -> int:
        """Return where a window has ended that a key may replace, else where the loss is least."""
        first = _first(digest)
        place, place_left, place_end = first, -math.inf, math.inf
        for offset in range(first, first + _SPAN, _SLOT.size):
            _, end, left = _SLOT.unpack_from(self._table, offset)
            if now >= end:
                return offset
            if left > place_left or (left == place_left and end < place_end):
                place, place_left, place_end = offset, left, end
        return place

    def close(self) -> None:
        """Let go of the table; safe to call twice."""
        self._table.close()
        self._file.close()


def _first(digest: bytes) -> int:
    """Return the offset of the first slot in which a key may stand."""
    return _SECRET_BYTES + int.from_bytes(digest[:4], "big") % _SLOTS * _SLOT.size


class _Lock:
    """The lock of an open file, held inside a `with`."""

    __slots__ = ("_opened",)

    def __init__(self, opened: int) -> None:
        self._opened = opened

    def __enter__(self) -> None:
        fcntl.flock(self._opened, fcntl.LOCK_EX)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._opened, fcntl.LOCK_UN)

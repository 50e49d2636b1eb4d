"""TopicTable: which topics the processes of this machine listen to, in a file that all map.

A topic has a column of bytes, one for each process, which alone writes its own. Topics may share
a column, so the answer is "maybe" or "no": good enough to save the work of telling nobody.
"""

from __future__ import annotations

import mmap
import os
from collections import Counter
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from pathlib import Path

MAX_MEMBERS: Final = 128
_COLUMNS: Final = 1 << 12
_NOBODY: Final = bytes(MAX_MEMBERS)


class TopicTable:
    """The table as one process sees it.

    Args:
        path: the same for all processes.
        number: the place of this process among them; below MAX_MEMBERS. Whoever had the place
            before is forgotten.
    """

    def __init__(self, path: Path, number: int) -> None:
        self._number = number
        self._counts: Counter[int] = Counter()
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            size = _COLUMNS * MAX_MEMBERS
            os.ftruncate(file, size)
            self._table = mmap.mmap(file, size)
        finally:
            os.close(file)
        for column in range(_COLUMNS):
            if self._table[column * MAX_MEMBERS + number]:
                self._set(column, 0)

    def add(self, topic: str) -> None:
        """Note that this process listens to a topic; may be nested."""
        column = _column(topic)
        self._counts[column] += 1
        self._set(column, 1)

    def remove(self, topic: str) -> None:
        """Take one `add` of a topic back."""
        column = _column(topic)
        self._counts[column] -= 1
        if not self._counts[column]:
            del self._counts[column]
            self._set(column, 0)

    def _set(self, column: int, flag: int) -> None:
        self._table[column * MAX_MEMBERS + self._number] = flag

    def count_others(self, *topics: str) -> int:
        """Return how many other processes may listen to one of some topics."""
        flags = 0
        for topic in topics:
            start = _column(topic) * MAX_MEMBERS
            column = self._table[start : start + MAX_MEMBERS]
            if column != _NOBODY:
                flags |= int.from_bytes(column, "little")
        return (flags & ~(1 << (8 * self._number))).bit_count()

    def close(self) -> None:
        """Listen to nothing any more."""
        for column in self._counts:
            self._set(column, 0)
        self._table.close()


def _column(topic: str) -> int:
    return crc32(topic.encode("utf-8", "surrogatepass")) % _COLUMNS

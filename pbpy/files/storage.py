"""Storage: where the files of records lie, on this machine or elsewhere.

A key is a path of plain names joined by `/`: `{collection}/{record}/{file}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGINAL_NAME = "original-filename"
"""The metadata key of the name that the client gave."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What is known of a stored file.

    Attributes:
        size: in bytes.
        modified: seconds since the epoch.
        content_type: as it was sniffed when the file was stored.
    """

    key: str
    size: int
    modified: float
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A stored file opened for reading; the reader closes `source`."""

    source: BinaryIO
    info: FileInfo


class Storage(Protocol):
    """The files of records. Every method does its I/O off the event loop.

    Raises StorageError for a key that is no plain path, and for what the disk or the network
    refuses.
    """

    async def open(self, key: str) -> OpenFile | None:
        """Open a file; None when there is none."""

    async def put(
        self, key: str, source: BinaryIO, content_type: str, original_name: str = ""
    ) -> None:
        """Store the rest of source under key; readers see the old file or the new one."""

    async def delete(self, key: str) -> bool:
        """Delete a file; return whether there was one."""

    async def delete_prefix(self, prefix: str) -> None:
        """Delete every file below the folder prefix; fine when there is none."""

    async def list(self, prefix: str) -> list[FileInfo]:
        """Return every file below the folder prefix, ordered by key; "" stands for all."""

    async def stat(self, key: str) -> FileInfo | None:
        """Return what is known of a file; None when there is none."""

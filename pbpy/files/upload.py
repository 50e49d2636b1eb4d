"""Upload: a file that came in and is not stored yet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pbpy.files.content_type import HEAD_BYTES, sniff_content_type
from pbpy.files.names import make_file_name

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


class Upload:
    """A file to be stored.

    Attributes:
        original_name: as the client gave it.
        name: under which it is stored; made anew for each Upload.
        size: in bytes.
        content_type: what its first bytes say.
    """

    __slots__ = ("_source", "content_type", "name", "original_name", "size")

    def __init__(self, source: BinaryIO, original_name: str, size: int) -> None:
        """Take over an open file; whoever opened it closes it after the request."""
        source.seek(0)
        self._source = source
        self.original_name = original_name
        self.size = size
        self.content_type = sniff_content_type(source.read(HEAD_BYTES))
        self.name = make_file_name(original_name, self.content_type.extension)

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> Upload:
        """Return an upload of data."""
        return cls(io.BytesIO(data), name, len(data))

    @classmethod
    def from_path(cls, path: Path | str) -> Upload:
        """Return an upload of a file on disk; reads it whole and blocks."""
        return cls.from_bytes(Path(path).read_bytes(), Path(path).name)

    def open(self) -> BinaryIO:
        """Return the content, at its beginning. There is only one reader at a time."""
        self._source.seek(0)
        return self._source

    def to_json(self) -> dict[str, JsonValue]:
        """Return what rules see of it: `name`, `originalName`, `size`."""
        return {"name": self.name, "originalName": self.original_name, "size": self.size}

    def __repr__(self) -> str:
        return f"Upload({self.name!r}, {self.size} bytes)"

"""FileResponse: a file with Range and conditional requests, read in threads chunk by chunk.

Source: Go net/http ServeContent, which PocketBase uses for static and record files.
"""

from __future__ import annotations

import asyncio
import mimetypes
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO

from pbpy.api.byte_ranges import (
    ByteRange,
    InvalidRange,
    check_conditions,
    format_http_date,
    parse_ranges,
    range_is_current,
)
from pbpy.api.responses import Header, Response, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import Receive, Scope, Send

    from pbpy.api.request import ApiRequest

CHUNK_BYTES = 256 * 1024
SNIFF_BYTES = 512

_WEB_TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".htm": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "text/xml",
}
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
)
_BINARY = frozenset((*range(9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)))


class FileResponse(Response):
    """A whole file or the parts that were asked for.

    Args:
        request: whose Range and conditions count.
        file: opened for reading; closed when the answer is sent or dropped.
        size: its size in bytes.
        modified: time of the last change, seconds since the epoch.
        content_type: "" to guess it from name and content.
        name: file name, for the guess only.
        headers: others, sent with every status but 416.
        frameable: whether pages of other sites may show it in a frame.
    """

    __slots__ = ("_file", "_ranges", "_separator", "_size", "_type", "frameable")

    def __init__(  # the facts about one file
        self,
        request: ApiRequest,
        file: BinaryIO,
        *,
        size: int,
        modified: float,
        content_type: str = "",
        name: str = "",
        headers: Iterable[Header] = (),
        frameable: bool = False,
    ) -> None:
        super().__init__(200)
        self.frameable = frameable
        self._file = file
        self._size = size
        self._ranges = [ByteRange(0, size)]
        self._separator = ""
        self._type = content_type or guess_content_type(name, file)
        self._decide(request, modified, list(headers))

    def _decide(self, request: ApiRequest, modified: float, extra: list[Header]) -> None:
        """Set status, headers and ranges."""
        last_modified = (b"last-modified", format_http_date(modified).encode())
        verdict = check_conditions(request.headers, modified)
        if verdict != "send":
            self.status = 304 if verdict == "not modified" else 412
            self.headers = [last_modified, *extra]
            self._ranges = []
            return
        self.headers = [(b"accept-ranges", b"bytes"), last_modified, *extra]
        asked = request.header(b"range")
        try:
            ranges = parse_ranges(asked, self._size) if self._size else []
        except InvalidRange as error:
            self._refuse(error)
            return
        if not ranges or not range_is_current(request.headers, modified):
            self.headers.append((b"content-type", self._type.encode()))
            return
        if sum(part.length for part in ranges) > self._size:
            ranges = []  # more than the file: an attack or a mistake, Go sends the file
            self.headers.append((b"content-type", self._type.encode()))
            return
        self.status = 206
        self._ranges = ranges
        if len(ranges) == 1:
            self.headers.append((b"content-range", ranges[0].content_range(self._size)))
            self.headers.append((b"content-type", self._type.encode()))
        else:
            self._separator = token_hex(30)
            kind = f"multipart/byteranges; boundary={self._separator}"
            self.headers.append((b"content-type", kind.encode()))

    def _refuse(self, error: InvalidRange) -> None:
        refusal = Text(f"{error}\n", 416)
        self.status, self.body, self.headers = refusal.status, refusal.body, refusal.headers
        self._ranges = []
        if not error.overlaps:
            self.headers.append((b"content-range", f"bytes */{self._size}".encode()))

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send head and parts; closes the file."""
        try:
            if not self._ranges:
                await super().send(scope, receive, send)
                return
            pieces = list(self._pieces())
            length = sum(p.length if isinstance(p, ByteRange) else len(p) for p in pieces)
            self.headers.append((b"content-length", str(length).encode()))
            await send(
                {"type": "http.response.start", "status": self.status, "headers": self.headers}
            )
            if scope["method"] != "HEAD":
                for piece in pieces:
                    await self._send_piece(piece, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._file.close()

    def read_whole(self) -> bytes:
        """Return the content and close the file; blocks."""
        with self._file:
            return self._read(0, self._size)

    def _pieces(self) -> Iterator[bytes | ByteRange]:
        """Yield what makes the body: parts of the file, and the text between them."""
        if not self._separator:
            yield from self._ranges
            return
        line_end = b""
        for part in self._ranges:
            yield b"".join(
                (
                    line_end,
                    f"--{self._separator}\r\nContent-Range: ".encode(),
                    part.content_range(self._size),
                    f"\r\nContent-Type: {self._type}\r\n\r\n".encode(),
                )
            )
            yield part
            line_end = b"\r\n"
        yield f"\r\n--{self._separator}--\r\n".encode()

    async def _send_piece(self, piece: bytes | ByteRange, send: Send) -> None:
        if isinstance(piece, bytes):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            return
        at, end = piece.start, piece.start + piece.length
        while at < end:
            chunk = await asyncio.to_thread(self._read, at, min(CHUNK_BYTES, end - at))
            if not chunk:
                raise EOFError("the file was cut while it was sent")
            at += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

    def _read(self, at: int, length: int) -> bytes:
        self._file.seek(at)
        return self._file.read(length)


def guess_content_type(name: str, file: BinaryIO) -> str:
    """Return a content type by the extension, else by the first bytes."""
    dot = name.rfind(".")
    extension = name[dot:].lower() if dot >= 0 else ""
    known = _WEB_TYPES.get(extension) or mimetypes.types_map.get(extension)
    if known:
        return f"{known}; charset=utf-8" if known.startswith("text/") else known
    file.seek(0)
    return sniff_content_type(file.read(SNIFF_BYTES))


def sniff_content_type(start: bytes) -> str:
    """Return a content type by the first bytes of a file: a few signatures, text, or binary."""
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    text = start.lstrip(b"\t\n\x0c\r ").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "text/html; charset=utf-8"
    if text.startswith(b"<?xml"):
        return "text/xml; charset=utf-8"
    if _BINARY.isdisjoint(start):
        return "text/plain; charset=utf-8"
    return "application/octet-stream"

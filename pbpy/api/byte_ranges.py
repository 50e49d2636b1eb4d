"""Range and conditional headers, as Go's net/http ServeContent decides them; pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Verdict = Literal["send", "not modified", "failed"]


class InvalidRange(ValueError):
    """The Range header cannot be used; `overlaps` is False when it lies behind the end."""

    def __init__(self, message: str, *, overlaps: bool = True) -> None:
        self.overlaps = overlaps
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a file."""

    start: int
    length: int

    def content_range(self, size: int) -> bytes:
        """Return the value of Content-Range."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}".encode()


def parse_ranges(header: str, size: int) -> list[ByteRange]:
    """Return the satisfiable ranges; none for an empty header or list.

    Raises:
        InvalidRange: the header is malformed, or no range overlaps the file.
    """
    if not header:
        return []
    if not header.startswith("bytes="):
        raise InvalidRange("invalid range")
    ranges: list[ByteRange] = []
    any_behind = False
    for part in header.removeprefix("bytes=").split(","):
        text = part.strip(" \t")
        if not text:
            continue
        found = _parse_range(text, size)
        if found is None:
            any_behind = True
        else:
            ranges.append(found)
    if any_behind and not ranges:
        raise InvalidRange("invalid range: failed to overlap", overlaps=False)
    return ranges


def _parse_range(text: str, size: int) -> ByteRange | None:
    first, dash, last = (piece.strip(" \t") for piece in text.partition("-"))
    if not dash or not (first or last) or (first and not _is_number(first)):
        raise InvalidRange("invalid range")
    if last and not _is_number(last):
        raise InvalidRange("invalid range")
    if not first:
        length = min(int(last), size)
        return ByteRange(size - length, length)
    start = int(first)
    if start >= size:
        return None
    if not last:
        return ByteRange(start, size - start)
    end = int(last)
    if start > end:
        raise InvalidRange("invalid range")
    return ByteRange(start, min(end, size - 1) - start + 1)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19  # an int64


def format_http_date(timestamp: float) -> str:
    """Return an HTTP date."""
    return format_datetime(datetime.fromtimestamp(int(timestamp), UTC), usegmt=True)


def _parse_http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def check_conditions(headers: Mapping[bytes, bytes], modified: float, etag: str = "") -> Verdict:
    """Return whether the file is to be sent, for a GET or HEAD request.

    Args:
        headers: first value of each header, names in lower case.
        modified: time of the last change, seconds since the epoch.
        etag: quoted entity tag, or "".
    """
    seconds = int(modified)
    match = headers.get(b"if-match", b"").decode("latin-1")
    if match:
        if not _any_tag(match, etag):
            return "failed"
    else:
        limit = _parse_http_date(headers.get(b"if-unmodified-since", b"").decode("latin-1"))
        if limit is not None and seconds > limit:
            return "failed"
    none_match = headers.get(b"if-none-match", b"").decode("latin-1")
    if none_match:
        return "not modified" if _any_tag(none_match, etag) else "send"
    since = _parse_http_date(headers.get(b"if-modified-since", b"").decode("latin-1"))
    return "not modified" if since is not None and seconds <= since else "send"


def range_is_current(headers: Mapping[bytes, bytes], modified: float, etag: str = "") -> bool:
    """Return whether If-Range lets the Range header count."""
    condition = headers.get(b"if-range", b"").decode("latin-1")
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return bool(etag) and condition == etag and not etag.startswith("W/")
    return _parse_http_date(condition) == int(modified)


def _any_tag(header: str, etag: str) -> bool:
    """Tell whether a list of tags holds etag, or `*`."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or (bool(etag) and etag.removeprefix("W/") in tags)

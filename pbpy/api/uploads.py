"""Multipart bodies: plain values in order, files spooled.

Source: Go mime/multipart ReadForm. A part without a name is ignored, a part without a file
name is a plain value. A file stays in memory up to 1 MiB, then it goes to a temporary file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pbpy.files.upload import Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from python_multipart.multipart import MultipartCallbacks

MIB = 1024 * 1024
SPOOL_BYTES = MIB
MAX_VALUES_BYTES = 26 * MIB
"""All plain values of one body together, as Go counts 16 MiB of memory and 10 more."""
MAX_PARTS = 1000
MAX_PART_HEADERS = 100
MAX_PART_HEADER_BYTES = 64 * 1024

_EXTENDED_NAME = re.compile(rb";\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)", re.IGNORECASE)
"""A file name in the form of RFC 5987, which wins over the plain one."""


_PLAIN_NAME = re.compile(rb';\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE)
_ESCAPED = re.compile(rb'\\([()<>@,;:\\"/\[\]?=])')
"""Go unescapes only what needs it, so that the backslashes of a Windows path stay."""


class MalformedForm(ValueError):
    """The body is no form, or over the limits above."""


@dataclass(slots=True)
class Form:
    """A submitted form: plain values and files, each in order of appearance."""

    values: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, Upload]] = field(default_factory=list)
    sources: list[SpooledTemporaryFile[bytes]] = field(default_factory=list)

    def close(self) -> None:
        """Remove the temporary files."""
        for source in self.sources:
            source.close()


async def parse_multipart(content_type: str, chunks: AsyncIterator[bytes]) -> Form:
    """Read a whole multipart body.

    Raises:
        MalformedForm: no boundary, bad syntax, an unfinished body, or over a limit.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise MalformedForm("no multipart boundary")
    builder = _FormBuilder()
    try:
        parser = MultipartParser(
            boundary,
            builder.callbacks(),
            max_header_count=MAX_PART_HEADERS,
            max_header_size=MAX_PART_HEADER_BYTES,
        )
        async for chunk in chunks:
            parser.write(chunk)
        builder.require_end()
    except FormParserError as error:
        builder.form.close()
        raise MalformedForm(str(error)) from error
    except BaseException:
        builder.form.close()
        raise
    return builder.form


def _plain_filename(disposition: bytes) -> str:
    found = _PLAIN_NAME.search(disposition)
    if found is None:
        return ""
    name = found[2] or _ESCAPED.sub(rb"\1", found[1] or b"")
    return name.decode(errors="replace")


class _FormBuilder:
    """Turns the parser's callbacks into a Form; one part is open at a time."""

    def __init__(self) -> None:
        self.form = Form()
        self._complete = False
        self._parts = 0
        self._values_bytes = 0
        self._reset()

    def _reset(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._name = ""
        self._filename = ""
        self._value = bytearray()
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._size_bytes = 0

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MalformedForm("too many parts")
        self._reset()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        kind, options = parse_options_header(disposition)
        if kind == b"form-data":
            self._name = options.get(b"name", b"").decode(errors="replace")
            filename = _plain_filename(disposition)
            if (extended := _EXTENDED_NAME.search(disposition)) is not None:
                filename = unquote(extended[1].decode(errors="replace"))
            self._filename = filename.rpartition("/")[2]
        if self._name and self._filename:
            self._file = SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  # the form closes it
            self.form.sources.append(self._file)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if not self._name:
            return
        if self._file is not None:
            self._size_bytes += end - start
            self._file.write(data[start:end])
            return
        self._values_bytes += end - start
        if self._values_bytes > MAX_VALUES_BYTES:
            raise MalformedForm("the plain values are too large")
        self._value += data[start:end]

    def _end(self) -> None:
        if self._file is not None:
            self._file.seek(0)
            upload = Upload(cast("BinaryIO", self._file), self._filename, self._size_bytes)
            self.form.files.append((self._name, upload))
            self._file = None
        elif self._name:
            self.form.values.append((self._name, self._value.decode(errors="replace")))

    def _finish(self) -> None:
        self._complete = True

    def require_end(self) -> None:
        """Raise MalformedForm if the closing boundary has not come.

        PocketBase: a body may end right behind the line of a boundary, as if that one closed it.
        """
        begins_part = self._parts > 0 and not (self._headers or self._header_name)
        if not (self._complete or begins_part):
            raise MalformedForm("the closing boundary is missing")

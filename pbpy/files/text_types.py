"""Content types of text files: markup, JSON, tables, scripts, and the charset of plain text."""

from __future__ import annotations

import csv
import json
import re
from datetime import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import JsonValue

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\x00\x00\xfe\xff", "utf-32be"),
    (b"\xff\xfe\x00\x00", "utf-32le"),
    (b"\xfe\xff", "utf-16be"),
    (b"\xff\xfe", "utf-16le"),
)
BINARY_BYTE = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_NO_LATIN_BYTE = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_SPACE = b"\t\n\x0c\r "
_CHARSET_BYTES = 1024

_HTML = re.compile(
    rb"<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P|!--)"
    rb"[\t\n\x0c\r >]",
    re.IGNORECASE,
)
_XML = re.compile(rb"<\?XML[\t\n\x0c\r >]", re.IGNORECASE)
_SVG = re.compile(
    rb"(?>\s*<!--.*?-->)*+\s*<svg\b[^>]*\sxmlns\s*=\s*[\"']?http://www\.w3\.org/2000/svg[\"'\s>]",
    re.DOTALL,
)
_XML_VERSION = re.compile(rb"\s*<\?xml\b[^>]*\bversion\b")
_XHTML = re.compile(rb"<!DOCTYPE\s+HTML|<HTML\s+XMLNS=", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[\s/][^>]*?charset\s*=\s*[\"']?([^\"'\s;/>]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']?([^\"'\s>?]+)")

_XML_ROOTS: tuple[tuple[bytes, bytes, str], ...] = (
    (b"<rss", b"", "application/rss+xml"),
    (b"<feed", b'xmlns="http://www.w3.org/2005/Atom"', "application/atom+xml"),
    (b"<kml", b'xmlns="http://www.opengis.net/kml/2.2"', "application/vnd.google-earth.kml+xml"),
    (b"<gpx", b'xmlns="http://www.topografix.com/GPX/1/1"', "application/gpx+xml"),
)

_SHELL_PATH = "(?:/usr/local)?/bin"
_SHELL = r"(?:ba|c|da|k|tc|z)sh\b"
_INTERPRETERS = (
    ("text/x-php", r"(?:/usr/local|/usr)/bin/php|/usr/bin/env(?: -S)? +php"),
    ("text/javascript", r"(?:/usr)?/bin/node(?:js)?|/usr/bin/env(?: -S)? +node(?:js)?"),
    ("text/x-lua", r"(?:/usr/local|/usr)/bin/lua\b|/usr/bin/env(?: -S)? +lua\b"),
    ("text/x-perl", r"/usr/bin/perl\b|/usr/bin/env(?: -S)? +perl\b"),
    ("text/x-python", r"(?:/usr/local|/usr)/bin/python|/usr/bin/env(?: -S)? +python"),
    ("text/x-ruby", r"(?:/usr/local|/usr)/bin/ruby|/usr/bin/env(?: -S)? +ruby"),
    ("text/x-tcl", r"(?:/usr/local|/usr)/bin/(?:tcl|wish)|/usr/bin/env(?: -S)? +(?:tcl|wish)"),
    ("text/x-shellscript", rf"/bin/sh\b|{_SHELL_PATH}/{_SHELL}|/usr/bin/env(?: -S)? +{_SHELL}"),
)
_SHEBANGS = tuple(
    (kind, re.compile(rb"#!\s*(?:" + path.encode() + rb")")) for kind, path in _INTERPRETERS
)
_SUBTITLE = re.compile(rb"1\r?\n(\d\d:\d\d:\d\d),(\d{3}) --> (\d\d:\d\d:\d\d),(\d{3})\r?\n[^\r\n]")
_VTT = re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT(?:[\n\r \t]|\Z)")
_PHP_PAGE = re.compile(rb"<\?(?:PHP|[\n\r ]).", re.IGNORECASE | re.DOTALL)
_CARD = re.compile(rb"BEGIN:(VCARD|VCALENDAR)\r?\n.", re.IGNORECASE | re.DOTALL)
_MAIL_LINE = re.compile(
    rb"(?:From|To|Date|Subject|Received|Content-Type|Content-Transfer-Encoding): "
    rb"|(?i:Message-ID|CC|Delivered-To|Return-Path): "
)
_GEO_TYPES = frozenset(
    (
        *("Feature", "FeatureCollection", "Point", "LineString", "Polygon", "MultiPoint"),
        *("MultiLineString", "MultiPolygon", "GeometryCollection"),
    )
)
_GEO_START = re.compile(
    rb'\s*\{\s*"type"\s*:\s*"(?:' + "|".join(sorted(_GEO_TYPES)).encode() + rb')"'
)
_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(\s*[}\]])', re.DOTALL)
_TABLE_ROWS = 10


def find_text_type(head: bytes, complete: bool) -> str:
    """Return the content type of a text file, or "" when head holds binary data.

    `complete` says whether head is the whole file.
    """
    mark = next((charset for mark, charset in _BYTE_ORDER_MARKS if head.startswith(mark)), "")
    if not mark and BINARY_BYTE.search(head):
        return ""
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    return (
        _find_markup(head, body)
        or _find_script(head)
        or _find_data(head, complete)
        or _find_document(head)
        or _with_charset("text/plain", _plain_charset(head))
    )


def _find_markup(head: bytes, body: bytes) -> str:
    if _SVG.match(head) or (_XML_VERSION.match(head) and b"<svg" in head):
        return "image/svg+xml"
    if _HTML.match(body):
        return _with_charset("text/html", _html_charset(head))
    if not _XML.match(body):
        return ""
    start = body[:512]
    for root, namespace, kind in _XML_ROOTS:
        at = start.find(root)
        if at > 0 and (not namespace or start.find(namespace) > at):
            return kind
    if _XHTML.search(head[:1024]):
        return "application/xhtml+xml"
    found = _XML_ENCODING.search(head[:_CHARSET_BYTES])
    return _with_charset("text/xml", found[1].decode() if found else _plain_charset(head))


def _find_script(head: bytes) -> str:
    if _PHP_PAGE.match(head):
        return "text/x-php"
    if not head.startswith(b"#!"):
        return ""
    line = head.partition(b"\n")[0]
    return next((kind for kind, pattern in _SHEBANGS if pattern.match(line)), "")


def _find_data(head: bytes, complete: bool) -> str:
    body = head.lstrip(b" \t\r\n")
    if body[:1] in (b"{", b"["):
        kind = _find_json(head, complete)
        if kind:
            return kind
    if _is_json_lines(head, complete):
        return "application/x-ndjson"
    if head.startswith(b"{\\rtf"):
        return "text/rtf"
    if _is_subtitle(head):
        return "application/x-subrip"
    if _is_table(head, ",", complete):
        return "text/csv"
    return "text/tab-separated-values" if _is_table(head, "\t", complete) else ""


def _find_document(head: bytes) -> str:
    card = _CARD.match(head)
    if card:
        return "text/vcard" if card[1].upper() == b"VCARD" else "text/calendar"
    if _VTT.match(head):
        return "text/vtt"
    if head.startswith((b"WARC/1.0", b"WARC/1.1")):
        return "application/warc"
    lines = head.split(b"\n")[:21]
    if _MAIL_LINE.match(lines[0]) and any(map(_MAIL_LINE.match, lines[1:])):
        return "message/rfc822"
    return ""


def _find_json(head: bytes, complete: bool) -> str:
    try:
        document = _load_json(head)
    except ValueError:
        if not _is_json(head, complete):
            return ""
        return "application/geo+json" if _GEO_START.match(head) else "application/json"
    if not isinstance(document, dict):
        return "application/json"
    if isinstance(document.get("type"), str) and document["type"] in _GEO_TYPES:
        return "application/geo+json"
    asset = document.get("asset")
    if isinstance(asset, dict) and asset.get("version") in ("1.0", "2.0"):
        return "model/gltf+json"
    return "application/json"


def _load_json(text: bytes) -> JsonValue:
    """Return the parsed document; commas before closing brackets are forgiven.

    Raises:
        ValueError: it is none.
    """
    decoded = text.decode("utf-8", "replace")
    try:
        return _DECODER.decode(decoded)
    except json.JSONDecodeError as error:
        forgiven = _LAST_COMMA.sub(lambda match: match[1] or match[2], decoded)
        if len(forgiven) == len(decoded):
            raise
        try:
            return _DECODER.decode(forgiven)
        except json.JSONDecodeError:
            raise error from None
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(strict=False, parse_constant=_refuse)


def _is_json(text: bytes, complete: bool) -> bool:
    """Return whether text is a JSON document, or the beginning of one."""
    try:
        _load_json(text)
    except json.JSONDecodeError as error:
        # A document that was cut is wrong at its end only.
        cut = len(error.doc) - error.pos <= 5 or error.msg.startswith("Unterminated")
        return cut and not complete
    except ValueError:
        return False
    return True


def _is_json_lines(head: bytes, complete: bool) -> bool:
    lines = head.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) < 2 or not any(line.lstrip()[:1] in (b"{", b"[") for line in lines):
        return False
    *whole, last = lines
    return all(_is_json(line, complete=True) for line in whole) and _is_json(last, complete)


def _is_subtitle(head: bytes) -> bool:
    match = _SUBTITLE.match(head)
    if not match:
        return False
    try:
        start, end = (time.fromisoformat(match[part].decode()) for part in (1, 3))
    except ValueError:
        return False
    return (start, match[2]) <= (end, match[4])


def _is_table(head: bytes, separator: str, complete: bool) -> bool:
    """Return whether the first rows have the same number of cells, two at least."""
    text = head.decode("latin-1")
    lines: Iterable[str] = (
        line for line in text.splitlines(keepends=True) if line.strip("\r\n") and line[0] != "#"
    )
    try:
        rows = [
            len(row)
            for _, row in zip(range(_TABLE_ROWS + 1), _read_rows(lines, separator), strict=False)
        ]
    except csv.Error:
        return False
    if not complete and len(rows) <= _TABLE_ROWS and len(rows) > 1 and rows[-1] < rows[0]:
        rows.pop()
    rows = rows[:_TABLE_ROWS]
    return len(rows) > 1 and rows[0] > 1 and set(rows) == {rows[0]}


def _read_rows(lines: Iterable[str], separator: str) -> Iterable[list[str]]:
    return csv.reader(lines, delimiter=separator)


def _html_charset(head: bytes) -> str:
    for mark, charset in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return charset
    start = re.split(rb"<body", head[:_CHARSET_BYTES], maxsplit=1, flags=re.IGNORECASE)[0]
    found = _META_CHARSET.search(start)
    return found[1].decode("latin-1") if found else _plain_charset(head)


def _plain_charset(head: bytes) -> str:
    for mark, charset in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return charset
    start = head[:_CHARSET_BYTES]
    if not start:
        return ""
    if _is_utf8(start):
        return "utf-8"
    if _NO_LATIN_BYTE.search(start):
        return ""
    return "iso-8859-1"


def _is_utf8(start: bytes) -> bool:
    """Return whether start is UTF-8; a last character that may be cut does not count."""
    for at in range(len(start) - 1, max(len(start) - 4, -1), -1):
        if start[at] < 0x80:
            break
        if start[at] & 0xC0 != 0x80:
            start = start[:at]
            break
    try:
        start.decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_charset(kind: str, charset: str) -> str:
    return f"{kind}; charset={charset}" if charset else kind

"""Validation errors with PocketBase's codes and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FieldError, to_sentence

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


def rule_error(code: str, message: str, **params: JsonValue) -> FieldError:
    """Return `validation_<code>`; message becomes a sentence, params keep PocketBase's keys."""
    return FieldError(f"validation_{code}", to_sentence(message), params)


_GO_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def go_quote(text: str) -> str:
    """Return text in double quotes with Go's escapes, as some sentences show it."""
    return '"' + "".join(map(_go_escape, text)) + '"'


def _go_escape(char: str) -> str:
    if char in _GO_ESCAPES:
        return _GO_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

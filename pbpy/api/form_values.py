"""Pairs of a URL query or an urlencoded form, and the inference of plain form values.

Source: Go net/url ParseQuery; PocketBase tools/router/unmarshal_request_data.go inferValue.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from pbpy.api.json_body import MalformedJson, decode_json

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

JSON_PAYLOAD = "@jsonPayload"
"""Form key whose values are JSON objects, merged over the plain values."""

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_PLAIN_DIGITS = 15


def parse_pairs(text: str) -> tuple[list[tuple[str, str]], bool]:
    """Return the pairs of a query in order, and whether all of it was well formed.

    A piece with a bad escape or a semicolon is left out and makes the text malformed.
    """
    pairs: list[tuple[str, str]] = []
    well_formed = True
    for piece in text.split("&"):
        if not piece:
            continue
        if ";" in piece or ("%" in piece and _BAD_ESCAPE.search(piece)):
            well_formed = False
            continue
        key, _, value = piece.partition("=")
        if "%" in piece or "+" in piece:
            key, value = unquote_plus(key), unquote_plus(value)
        pairs.append((key, value))
    return pairs, well_formed


def parse_query(text: str) -> dict[str, str]:
    """Return the first value of every key; malformed pieces are ignored."""
    found: dict[str, str] = {}
    for key, value in parse_pairs(text)[0]:
        found.setdefault(key, value)
    return found


def infer_value(text: str) -> JsonValue:
    """Return a plain form value as JSON: a bool, a number in its shortest form, or the text."""
    if text == "true":
        return True
    if text == "false":
        return False
    if not text or not (text[0].isdecimal() or text[0] == "-") or not _NUMBER.fullmatch(text):
        return text
    if len(text) > _PLAIN_DIGITS:
        return _infer_long_number(text)
    return float(text) if "." in text else int(text)


def _infer_long_number(text: str) -> JsonValue:
    """Return a float if its shortest decimal form is the text itself, else the text."""
    number = float(text)
    return number if _shortest_decimal(number) == text else text


def _shortest_decimal(number: float) -> str:
    """Return the shortest digits of number without an exponent: Go's FormatFloat 'f', -1."""
    digits, _, exponent = repr(number).partition("e")
    if not exponent:
        return digits.removesuffix(".0")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.removeprefix("-").partition(".")
    shift = int(exponent)
    if shift < 0:
        return sign + "0." + "0" * (-shift - 1) + whole + fraction
    return sign + whole + fraction.ljust(shift, "0")


def group_values(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values of every key in order."""
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def record_values(pairs: list[tuple[str, str]]) -> dict[str, JsonValue]:
    """Return a form as the values of a record: repeated keys as lists, payloads on top.

    Raises:
        MalformedJson: a payload is no JSON object or null, or changes the kind of a value.
    """
    grouped = group_values(pairs)
    payloads = grouped.pop(JSON_PAYLOAD, ())
    values: dict[str, JsonValue] = {
        key: infer_value(texts[0]) if len(texts) == 1 else [infer_value(text) for text in texts]
        for key, texts in grouped.items()
    }
    for payload in payloads:
        merge_payload(values, load_payload(payload))
    return values


def merge_payload(values: dict[str, JsonValue], payload: dict[str, JsonValue]) -> None:
    """Put a payload on top of values, as Go decodes JSON into a map that is filled already.

    Objects are merged, everything else is replaced by a value of its own kind or by null.

    Raises:
        MalformedJson: a value would become one of another kind.
    """
    for key, new in payload.items():
        old = values.get(key)
        if old is not None and new is not None and _kind(old) is not _kind(new):
            raise MalformedJson(f"a payload changes the kind of {key!r}")
        if isinstance(old, dict) and isinstance(new, dict):
            merge_payload(old, new)
        else:
            values[key] = new


def _kind(value: JsonValue) -> type:
    return float if type(value) is int else type(value)


def load_payload(text: str) -> dict[str, JsonValue]:
    """Return the object of one payload; null is empty.

    Raises:
        MalformedJson: it is something else, or has something behind it.
    """
    value = decode_json(text.encode(), whole=True)
    if value is not None and not isinstance(value, dict):
        raise MalformedJson("a payload must be an object")
    return value or {}

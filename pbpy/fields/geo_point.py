"""GeoPoint: longitude and latitude."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import orjson

from pbpy.errors import REQUIRED
from pbpy.fields.field import ColumnKind, Field
from pbpy.fields.numbers import Number, format_number, shrink, widen
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from pbpy.errors import FieldError, JsonValue
    from pbpy.store.sql import SqlValue


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees."""

    lon: Number = 0
    lat: Number = 0

    def __bool__(self) -> bool:
        return self.lon != 0 or self.lat != 0


NULL_ISLAND = Point()

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_STORED_POINT = re.compile(rf'\{{"lon":{_NUMBER},"lat":{_NUMBER}\}}\Z', re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoPoint(Field):
    """A Point; 0,0 counts as empty."""

    type: ClassVar[str] = "geoPoint"

    @property
    def column(self) -> ColumnKind:
        """A JSON object column."""
        return ColumnKind.GEO_POINT

    def normalize(self, raw: JsonValue) -> Point:
        """Return raw (an object, JSON text or a Point) as a point; missing numbers are 0."""
        if isinstance(raw, Point):
            return raw
        if isinstance(raw, dict):
            return Point(_read_degrees(raw.get("lon")), _read_degrees(raw.get("lat")))
        if isinstance(raw, str) and raw:
            return _parse_point(raw)
        return NULL_ISLAND

    def decode(self, stored: SqlValue) -> Point:
        """Return the stored point."""
        match = _STORED_POINT.match(stored) if type(stored) is str else None
        if match:
            return Point(shrink(float(match[1])), shrink(float(match[2])))
        return self.normalize(stored)

    def encode(self, value: Point) -> SqlValue:
        """Return the point as JSON."""
        return _point_json(value)

    def to_output(self, value: Point) -> JsonValue:
        """Return the point as JSON."""
        return orjson.Fragment(_point_json(value))

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return the stored JSON without parsing it."""
        if type(stored) is str and _STORED_POINT.match(stored):
            return orjson.Fragment(stored)
        return self.to_output(self.decode(stored))

    def check(self, value: Point) -> FieldError | None:
        """Return the first error."""
        if not value:
            return REQUIRED if self.required else None
        if not -90 <= value.lat <= 90:
            return rule_error("invalid_latitude", "Latitude must be between -90 and 90 degrees.")
        if not -180 <= value.lon <= 180:
            return rule_error(
                "invalid_longitude", "Longitude must be between -180 and 180 degrees."
            )
        return None


def _point_json(point: Point) -> str:
    return f'{{"lon":{format_number(point.lon)},"lat":{format_number(point.lat)}}}'


def _read_degrees(raw: JsonValue) -> Number:
    if isinstance(raw, float):
        return shrink(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return widen(raw)
    return 0


_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def _parse_point(text: str) -> Point:
    """Return the point in a JSON object.

    PocketBase: the object is read as a stream; what was read before an error stays.
    """
    found: dict[str, Number] = {}
    seen: set[str] = set()
    position = _skip(text, 0)
    if text[position : position + 1] != "{":
        return NULL_ISLAND
    position = _skip(text, position + 1)
    while text[position : position + 1] == '"':
        try:
            key, position = _DECODER.raw_decode(text, position)
            position = _skip(text, position)
            if key in seen or text[position : position + 1] != ":":
                break
            seen.add(key)
            value, position = _DECODER.raw_decode(text, _skip(text, position + 1))
        except (ValueError, RecursionError):
            break
        if key in ("lon", "lat") and value is not None:
            if not _is_finite_number(value):
                break
            found[key] = _read_degrees(value)
        position = _skip(text, position)
        if text[position : position + 1] != ",":
            break
        position = _skip(text, position + 1)
    return Point(found.get("lon", 0), found.get("lat", 0))


def _is_finite_number(value: JsonValue) -> bool:
    number = _read_degrees(value) if isinstance(value, (int, float)) else None
    return number is not None and not isinstance(value, bool) and abs(number) < float("inf")


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position

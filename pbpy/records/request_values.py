"""Slots that read a request: the values behind `@request.*`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pbpy.fields.casts import to_text, to_texts
from pbpy.fields.json_text import dump_json
from pbpy.fields.numbers import parse_float
from pbpy.filter.operand import value_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pbpy.errors import JsonValue
    from pbpy.filter.operand import Request
    from pbpy.records.request_info import RequestInfo
    from pbpy.store.sql import SqlValue

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class RequestValues:
    """What the slots of a template read from.

    Attributes:
        info: the request.
        literals: texts and numbers of the client's filter, in order.
        clock: gives the present moment; asked at most once.
    """

    info: RequestInfo
    literals: Sequence[SqlValue]
    clock: Callable[[], str]
    _now: str = field(default="", init=False)

    @property
    def now(self) -> str:
        """The present moment, the same for all macros of a statement."""
        if not self._now:
            self._now = self.clock()
        return self._now


def _info(request: Request) -> RequestInfo:
    return cast("RequestValues", request).info


class _Missing:
    """Stands for a value that the request does not have."""


_MISSING = _Missing()


def _find(info: RequestInfo, source: str, path: tuple[str, ...]) -> Any:
    """Return the value at a path of the request, or _MISSING."""
    match source:
        case "context":
            value: Any = info.context
        case "method":
            value = info.method
        case "query":
            value = info.query
        case "headers":
            value = info.headers
        case _:
            value = info.body
    for key in path:
        if isinstance(value, (list, tuple)):
            index = int(key) if key.isdecimal() else len(value)
            value = value[index] if index < len(value) else _MISSING
        elif isinstance(value, str) or not hasattr(value, "get"):
            return _MISSING
        else:
            value = value.get(key, _MISSING)
        if value is _MISSING:
            return _MISSING
    return value


def to_sql(value: JsonValue) -> SqlValue:
    """Return a decoded JSON value as PocketBase binds it: numbers as floats, lists as JSON."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    return _to_float(value) if isinstance(value, int) else _json_text(value)


def _json_text(value: JsonValue) -> str:
    try:
        return _SURROGATE.sub("\ufffd", dump_json(value).decode())
    except (TypeError, ValueError):
        return ""


def _to_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


@dataclass(frozen=True, slots=True)
class RequestSlot:
    """A value of the request.

    Attributes:
        source: which part of it.
        path: keys and list indexes.
        field_type: the type of the field that the path is named after: number-like texts of
            a number field are numbers, the value of a json field is its text.
    """

    source: str
    path: tuple[str, ...]
    field_type: str = ""

    def read(self, request: Request) -> SqlValue:
        """Return the value, None where there is none."""
        value = _find(_info(request), self.source, self.path)
        if value is _MISSING:
            return None
        if self.field_type == "number" and isinstance(value, str):
            number = parse_float(value)
            return value if number is None else number
        return _json_text(value) if self.field_type == "json" else to_sql(value)

    def shape(self, value: SqlValue) -> Hashable:
        """Return null, empty or value."""
        return value_shape(value)


@dataclass(frozen=True, slots=True)
class AuthSlot:
    """A value of the signed-in record."""

    name: str

    def read(self, request: Request) -> SqlValue:
        """Return the value; None for guests."""
        auth = _info(request).auth
        if auth is None:
            return None
        match self.name:
            case "id":
                return auth.id
            case "collectionId":
                return auth.collection.id
            case "collectionName":
                return auth.collection.name
            case _:
                return to_sql(auth.get(self.name))

    def shape(self, value: SqlValue) -> Hashable:
        """Return null, empty or value."""
        return value_shape(value)


@dataclass(frozen=True, slots=True)
class IssetSlot:
    """Whether the request has a key: 1 or 0."""

    source: str
    path: tuple[str, ...]

    def read(self, request: Request) -> SqlValue:
        """Return 1 or 0."""
        return int(_find(_info(request), self.source, self.path) is not _MISSING)

    def shape(self, value: SqlValue) -> Hashable:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class LengthSlot:
    """How many items were submitted for a field."""

    name: str

    def read(self, request: Request) -> SqlValue:
        """Return the number of items; a single value counts as one."""
        return len(_items(_info(request).body.get(self.name)))

    def shape(self, value: SqlValue) -> Hashable:
        """Return the number where PocketBase takes it for a known value."""
        return value if value in (0, 1) else "2"


@dataclass(frozen=True, slots=True)
class TextSlot:
    """A submitted value as text; lists and objects of no json field are empty."""

    name: str
    is_json: bool

    def read(self, request: Request) -> SqlValue:
        """Return the text."""
        value = _info(request).body.get(self.name)
        if self.is_json and value is not None:
            return _json_text(value)
        return to_sql(to_text(value))

    def shape(self, value: SqlValue) -> Hashable:
        """Return empty or value."""
        return value_shape(value)


@dataclass(frozen=True, slots=True)
class ItemsSlot:
    """The items submitted for a field, as a JSON array."""

    name: str

    def read(self, request: Request) -> SqlValue:
        """Return the array."""
        return to_sql(_items(_info(request).body.get(self.name)))

    def shape(self, value: SqlValue) -> Hashable:
        """Return nothing: the array is always there."""
        return None


@dataclass(frozen=True, slots=True)
class IdsSlot:
    """The ids submitted for a relation, as a JSON array."""

    name: str

    def read(self, request: Request) -> SqlValue:
        """Return the array."""
        return to_sql(list(to_texts(_info(request).body.get(self.name))))

    def shape(self, value: SqlValue) -> Hashable:
        """Return whether there are any."""
        return "empty" if value == "[]" else "value"


def _items(value: JsonValue) -> list[JsonValue]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]

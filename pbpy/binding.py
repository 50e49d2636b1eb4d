"""Struct binding: merge submitted JSON over a frozen value, by the rules of Go's decoder.

A struct is a frozen dataclass derived from `Struct`; its JSON keys follow from the names of
its attributes, in their order. Unless a struct says otherwise, keys match in any case and with
dashes or underscores. Unknown keys are ignored, an explicit null gives the zero value, and a
value of another JSON type refuses the whole body.
"""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, Union, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.errors import JsonValue


class Binder(Protocol):
    """(present value, submitted value) -> new value; raises BindError."""

    def __call__(self, current: Any, raw: JsonValue, /) -> Any:
        """Return the new value."""


class BindError(ValueError):
    """A submitted value has a JSON type that its key does not take."""


_INITIALISMS = {"url": "URL", "ip": "IP", "ips": "IPs"}


def json_key(attribute: str) -> str:
    """Return the JSON key of an attribute: `user_info_url` -> `userInfoURL`."""
    head, *rest = attribute.split("_")
    return head + "".join(_INITIALISMS.get(part) or part.capitalize() for part in rest)


def fold_key(key: str) -> str:
    """Return the form in which submitted keys are compared: `Client_ID` as `clientid`."""
    return key.lower().replace("_", "").replace("-", "")


def as_object(raw: JsonValue) -> Mapping[str, JsonValue]:
    """Return raw when it is a JSON object; null is an empty one.

    Raises:
        BindError: it is anything else.
    """
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise BindError(f"expected an object, got {type(raw).__name__}")
    return raw


def bind_text(_: Any, raw: JsonValue) -> str:
    """Bind a string; null is ""."""
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise BindError(f"expected a string, got {type(raw).__name__}")
    return raw


def bind_optional_text(_: Any, raw: JsonValue) -> str | None:
    """Bind a string or null."""
    return None if raw is None else bind_text(_, raw)


def bind_bool(_: Any, raw: JsonValue) -> bool:
    """Bind true or false; null is false."""
    if raw is None:
        return False
    if not isinstance(raw, bool):
        raise BindError(f"expected a boolean, got {type(raw).__name__}")
    return raw


def bind_optional_bool(_: Any, raw: JsonValue) -> bool | None:
    """Bind true, false or null."""
    return None if raw is None else bind_bool(_, raw)


def bind_int(_: Any, raw: JsonValue) -> int:
    """Bind a 64-bit integer written without a fraction; null is 0."""
    if raw is None:
        return 0
    if isinstance(raw, bool) or not isinstance(raw, int) or not -(2**63) <= raw < 2**63:
        raise BindError(f"expected an integer, got {raw!r}")
    return raw


def as_list(raw: JsonValue) -> list[JsonValue]:
    """Return raw when it is a JSON list; null is an empty one.

    Raises:
        BindError: it is anything else.
    """
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise BindError(f"expected a list, got {type(raw).__name__}")
    return raw


def bind_text_list(_: Any, raw: JsonValue) -> tuple[str, ...]:
    """Bind a list of strings."""
    return tuple(bind_text("", item) for item in as_list(raw))


def bind_map(current: Any, raw: JsonValue) -> dict[str, JsonValue]:
    """Bind a free-form object over the present one, sorted by key; null empties it."""
    return {} if raw is None else dict(sorted({**(current or {}), **as_object(raw)}.items()))


_SCALARS: dict[Any, Binder] = {
    str: bind_text,
    bool: bind_bool,
    int: bind_int,
    str | None: bind_optional_text,
    bool | None: bind_optional_bool,
    tuple[str, ...]: bind_text_list,
    dict[str, Any]: bind_map,
}


@dataclass(frozen=True, slots=True)
class Struct:
    """Base of frozen dataclasses that are stored and submitted as JSON objects.

    Every attribute has its zero value as default, so that `cls()` is the empty struct.
    """

    binders: ClassVar[dict[str, Binder]] = {}
    """Binders of attributes whose type has no rule of its own."""
    folds_keys: ClassVar[bool] = True
    """Whether keys match in any case."""
    refuses_doubles: ClassVar[bool] = False
    """Whether two submitted keys that match the same attribute are an error."""
    hidden: ClassVar[tuple[str, ...]] = ()
    """Attributes that a response never shows, and that are not stored when empty."""
    stored_empty: ClassVar[tuple[str, ...]] = ()
    """Those of the hidden attributes that are stored even when empty."""

    def merged(self, body: JsonValue) -> Self:
        """Return a copy with the submitted keys bound.

        Raises:
            BindError: body is not an object, a value has the wrong JSON type, or a key comes
                twice where that is refused.
        """
        table = struct_binders(type(self))  # type: ignore[arg-type]  # a class is hashable
        changes: dict[str, Any] = {}
        for key, raw in as_object(body).items():
            found = table.get(fold_key(key) if self.folds_keys else key)
            if found is not None:
                attribute, bind = found
                if self.refuses_doubles and attribute in changes:
                    raise BindError(f"{json_key(attribute)} comes twice")
                changes[attribute] = bind(getattr(self, attribute), raw)
        return replace(self, **changes) if changes else self

    def to_json(self, *, with_hidden: bool) -> dict[str, JsonValue]:
        """Return the object with its keys in declared order."""
        body: dict[str, JsonValue] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            is_kept = with_hidden and (value or item.name in self.stored_empty)
            if item.name in self.hidden and not is_kept:
                continue
            body[json_key(item.name)] = _plain(value, with_hidden=with_hidden)
        return body


def _plain(value: Any, *, with_hidden: bool) -> JsonValue:
    if isinstance(value, Struct):
        return value.to_json(with_hidden=with_hidden)
    if isinstance(value, tuple):
        return [_plain(item, with_hidden=with_hidden) for item in value]
    return value


@functools.cache
def struct_binders(cls: type[Struct]) -> dict[str, tuple[str, Binder]]:
    """Return the binding table of a struct: key, folded or not -> (attribute, binder)."""
    hints = get_type_hints(cls)
    return {
        fold_key(item.name) if cls.folds_keys else json_key(item.name): (
            item.name,
            cls.binders.get(item.name) or _binder_of(hints[item.name]),
        )
        for item in fields(cls)
    }


def _binder_of(hint: Any) -> Binder:
    if isinstance(hint, type) and issubclass(hint, Struct):
        zero = hint()

        def bind_struct(current: Any, raw: JsonValue) -> Struct:
            return zero if raw is None else current.merged(raw)

        return bind_struct
    if isinstance(hint, types.UnionType):
        hint = Union[get_args(hint)]  # noqa: UP007  # the table's form of an optional
    for known, binder in _SCALARS.items():
        if known == hint:
            return binder
    raise TypeError(f"no binder for {hint!r}")

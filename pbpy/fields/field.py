"""Field: the base of every field type.

A field type is one frozen class in a file of its own, registered by name in
`fields/__init__.py`. Optional abilities are small Protocols, asked for by isinstance.
"""

from __future__ import annotations

import enum
import zlib
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeAlias, runtime_checkable

from pbpy.fields import setting_rules, setting_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pbpy.context import Context
    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

Value: TypeAlias = Any
"""A field's value in Python; each type's class says which."""


class ColumnKind(enum.Enum):
    """What a column stores; the dialect turns it into a column type."""

    TEXT = "TEXT DEFAULT '' NOT NULL"
    PRIMARY_KEY = "TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL"
    NUMBER = "NUMERIC DEFAULT 0 NOT NULL"
    BOOL = "BOOLEAN DEFAULT FALSE NOT NULL"
    JSON = "JSON DEFAULT NULL"
    JSON_LIST = "JSON DEFAULT '[]' NOT NULL"
    GEO_POINT = """JSON DEFAULT '{"lon":0,"lat":0}' NOT NULL"""


def default_field_id(type_name: str, name: str) -> str:
    """Return PocketBase's id for a field: its type and the CRC32 of its name in decimal."""
    return f"{type_name}{zlib.crc32(name.encode())}"


@dataclass(frozen=True, slots=True)
class Field(ABC):
    """One typed field of a collection; `name` is its column and its JSON key.

    The settings (`id` to the last attribute of the subclass) are stored as JSON in
    `_collections.fields` with PocketBase's keys (`setting_key`). A list of texts may be given
    as a list; it becomes a tuple.
    """

    name: str
    _: KW_ONLY
    id: str = ""
    system: bool = False
    hidden: bool = False
    presentable: bool = False
    help: str = ""
    required: bool = False

    type: ClassVar[str]
    has_required: ClassVar[bool] = True
    """False for autodate only, which has neither `required` nor `help`."""

    modifiers: ClassVar[tuple[str, ...]] = ()
    """The key forms besides the plain name: of `+name`, `name+`, `name-`, `name:autogenerate`."""

    settable: ClassVar[bool] = True
    """False for autodate only: `record.set` ignores it, the save pipeline writes it."""

    def __post_init__(self) -> None:
        for item in dataclass_fields(self):
            value = getattr(self, item.name)
            if isinstance(value, list):
                object.__setattr__(self, item.name, tuple(value))

    @property
    @abstractmethod
    def column(self) -> ColumnKind:
        """What the column stores."""

    @property
    def is_multiple(self) -> bool:
        """Whether a value is a list (select, file and relation with maxSelect above 1)."""
        return False

    @property
    def can_be_multiple(self) -> bool:
        """Whether the type knows lists at all: select, file, relation."""
        return False

    # values

    @abstractmethod
    def normalize(self, raw: JsonValue) -> Value:
        """Return raw (decoded JSON, a form value or a Python value) as a value; never fails.

        PocketBase casts loosely: bad input becomes the zero value.
        """

    def apply_modifier(self, current: Value, modifier: str, raw: JsonValue) -> Value:
        """Return current changed by one of `modifiers`."""
        raise NotImplementedError(f"{self.type} fields have no {modifier}")

    @property
    def modifier_keys(self) -> dict[str, str]:
        """The body keys that change this field, each with its modifier: `tags+` -> `name+`."""
        return {form.replace("name", self.name): form for form in self.modifiers}

    @property
    def zero(self) -> Value:
        """The value of a new record."""
        return self.normalize(None)

    def decode(self, stored: SqlValue) -> Value:
        """Return the value of a stored column.

        Trusts that the column was written by `encode`; a column of a view goes through
        `decode_view`.
        """
        return self.normalize(stored)

    def decode_view(self, stored: SqlValue) -> Value:
        """Return the value of a view's column, which may hold anything."""
        return self.normalize(stored)

    def encode(self, value: Value) -> SqlValue:
        """Return what the column stores for value."""
        return value  # type: ignore[no-any-return]

    def to_output(self, value: Value) -> JsonValue:
        """Return value as it appears in a response (orjson input; may be an orjson.Fragment)."""
        return value

    def stored_to_output(self, stored: SqlValue) -> JsonValue:
        """Return `to_output(decode(stored))`, by a shorter way where there is one."""
        return self.to_output(self.decode(stored))

    def is_empty(self, value: Value) -> bool:
        """Whether value is the zero value, which `required` refuses."""
        return not value

    def check(self, value: Value) -> FieldError | None:
        """Return the first error that the value alone shows, or None."""
        return None

    async def validate(self, ctx: Context, record: Record, value: Value) -> FieldError | None:
        """Return the first error of value in record, or None; reads only.

        Source: PocketBase core/field_*.go ValidateValue.
        """
        return self.check(value)

    # settings

    def validate_settings(self, catalog: Catalog, collection: Collection) -> ErrorMap:
        """Return the errors of this field's own settings by key; empty when they are fine.

        `catalog` holds the collections as they are stored; `collection` is the changed one.
        """
        errors: dict[str, FieldError | ErrorMap] = {}
        for key, error in (
            ("id", setting_rules.check_id(self.id)),
            ("name", setting_rules.check_name(self.name)),
            ("help", setting_rules.check_help(self.help)),
            *self.setting_errors(catalog, collection),
        ):
            if error is not None:
                errors.setdefault(key, error)
        return errors

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Return the checks of the settings of one type: key and error or None."""
        return ()

    @property
    def settings(self) -> dict[str, JsonValue]:
        """The stored form: keys sorted, `type` included. Computed anew at each call."""
        body: dict[str, JsonValue] = {"type": self.type}
        for item in dataclass_fields(self):
            if not self.has_required and item.name in ("required", "help"):
                continue
            value = getattr(self, item.name)
            body[setting_key(item.name)] = list(value) if isinstance(value, tuple) else value
        return dict(sorted(body.items()))

    @classmethod
    def from_settings(cls, body: Mapping[str, JsonValue]) -> Self:
        """Build a field from its stored or submitted form; missing keys take their defaults.

        Raises:
            ValueError: a key has a value of the wrong JSON type.
        """
        attributes: dict[str, Any] = {"name": ""}
        for item in dataclass_fields(cls):
            if not cls.has_required and item.name in ("required", "help"):
                continue
            key = setting_key(item.name)
            raw = body.get(key)
            if raw is not None:
                attributes[item.name] = setting_values.READERS[str(item.type)](key, raw)
        return cls(**attributes)


_OTHER_KEYS = {"cascade": "cascadeDelete", "convert_urls": "convertURLs"}


def setting_key(attribute: str) -> str:
    """Return the JSON key of an attribute: `max_select` -> `maxSelect`."""
    head, *rest = attribute.split("_")
    return _OTHER_KEYS.get(attribute) or head + "".join(part.capitalize() for part in rest)


@runtime_checkable
class GrowsBody(Protocol):
    """A field that allows larger request bodies: file, json, editor."""

    def max_body_bytes(self) -> int:
        """Return how many bytes this field may add to a request body."""

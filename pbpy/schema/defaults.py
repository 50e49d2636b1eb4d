"""What every collection of a type has: its system fields, and the indexes they need.

Source: PocketBase core/collection_model.go initDefaultFields.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pbpy.fields.bool import Bool
from pbpy.fields.email import Email
from pbpy.fields.password import Password
from pbpy.fields.text import Text
from pbpy.ids import LOWER_ALPHANUMERIC, random_text
from pbpy.schema.auth_defaults import default_auth_options
from pbpy.schema.field_list import add_field, add_fields
from pbpy.schema.indexes import find_unique_index

if TYPE_CHECKING:
    from pbpy.fields.field import Field
    from pbpy.schema.collection import Collection

ID_PATTERN = "^[a-z0-9]+$"
INDEX_NAME_LIMIT = 64


def random_suffix() -> str:
    """Return ten random characters, for index names without a collection to name."""
    return random_text(10, LOWER_ALPHANUMERIC)


def id_field() -> Text:
    """Return the default primary key."""
    return Text(
        name="id",
        system=True,
        primary_key=True,
        required=True,
        min=15,
        max=15,
        pattern=ID_PATTERN,
        autogenerate_pattern="[a-z0-9]{15}",
    )


def auth_fields() -> tuple[Field, ...]:
    """Return the default system fields that an auth collection has besides `id`."""
    return (
        Password(name="password", system=True, hidden=True, required=True, min=8),
        Text(
            name="tokenKey",
            system=True,
            hidden=True,
            required=True,
            min=30,
            max=60,
            autogenerate_pattern="[a-zA-Z0-9]{50}",
        ),
        Email(name="email", system=True, required=True),
        Bool(name="emailVisibility", system=True),
        Bool(name="verified", system=True),
    )


_FORCED: dict[str, dict[str, Any]] = {
    "password": {"system": True, "hidden": True, "required": True},
    "tokenKey": {"system": True, "hidden": True, "required": True},
    # its visibility is managed by emailVisibility
    "email": {"system": True, "hidden": False},
    "emailVisibility": {"system": True},
    "verified": {"system": True},
}


def with_system_parts(collection: Collection) -> Collection:
    """Return the collection with missing system fields and indexes added, flags enforced."""
    if collection.type in ("base", "auth"):
        collection = collection.replace(fields=_with_id(collection.fields))
    if collection.type == "auth":
        collection = _with_auth_parts(collection)
    return collection


def _with_id(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    known = next((item for item in fields if item.name == "id"), None)
    if not isinstance(known, Text):
        return add_fields(add_field((), id_field()), fields)
    enforced = replace(
        known,
        system=True,
        required=True,
        primary_key=True,
        hidden=False,
        pattern=known.pattern or ID_PATTERN,
    )
    return _swapped(fields, known, enforced)


def _with_auth_parts(collection: Collection) -> Collection:
    fields, indexes = collection.fields, collection.indexes
    for default in auth_fields():
        known = next((item for item in fields if item.name == default.name), None)
        if known is not None and known.type == default.type:
            fields = _swapped(fields, known, replace(known, **_FORCED[default.name]))
        else:
            fields = add_field(fields, default)
        if default.name in ("tokenKey", "email") and not find_unique_index(indexes, default.name):
            indexes = (*indexes, _unique_index(collection, default.name))
    return collection.replace(fields=fields, indexes=indexes)


def _swapped(fields: tuple[Field, ...], known: Field, new: Field) -> tuple[Field, ...]:
    return tuple(new if item is known else item for item in fields)


def _unique_index(collection: Collection, column: str) -> str:
    suffix = collection.id or collection.name or random_suffix()
    name = f"idx_{column}_{suffix}"[:INDEX_NAME_LIMIT]
    statement = f"CREATE UNIQUE INDEX `{name}` ON `{collection.name}` (`{column}`)"
    return f"{statement} WHERE `{column}` != ''" if column == "email" else statement


def with_type_defaults(collection: Collection) -> Collection:
    """Return a new collection with everything that its type brings along."""
    if collection.type == "auth" and collection.auth is None:
        collection = collection.replace(auth=default_auth_options())
    return with_system_parts(collection)

"""Rows of `_collections`: Collection to row and back.

Each column holds what PocketBase writes there, so that both can open the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import orjson

from pbpy.errors import SchemaError
from pbpy.fields import FIELD_TYPES
from pbpy.schema.auth_options import AuthOptions
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection, CollectionType
from pbpy.schema.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field
    from pbpy.store.sql import Row, SqlValue


def collection_to_row(collection: Collection) -> Row:
    """Return the values of COLUMNS."""
    return (
        collection.id,
        int(collection.system),
        collection.type,
        collection.name,
        _dumps([item.settings for item in collection.fields]),
        _dumps(list(collection.indexes)),
        collection.list_rule,
        collection.view_rule,
        collection.create_rule,
        collection.update_rule,
        collection.delete_rule,
        _dumps(_options(collection)),
        collection.created,
        collection.updated,
    )


def collection_from_row(row: Row) -> Collection:
    """Return the collection of one row of COLUMNS.

    Raises:
        SchemaError: the row holds JSON of another shape, or a field of an unknown type.
    """
    values = dict(zip(COLUMNS, row, strict=True))
    options = _loads(values["options"], {})
    kind = cast("CollectionType", values["type"])
    try:
        return Collection(
            id=str(values["id"]),
            system=bool(values["system"]),
            type=kind,
            name=str(values["name"]),
            fields=tuple(load_field(item) for item in _loads(values["fields"], [])),
            indexes=tuple(_loads(values["indexes"], [])),
            list_rule=cast("str | None", values["listRule"]),
            view_rule=cast("str | None", values["viewRule"]),
            create_rule=cast("str | None", values["createRule"]),
            update_rule=cast("str | None", values["updateRule"]),
            delete_rule=cast("str | None", values["deleteRule"]),
            # PocketBase: a client may empty it, but a stored collection is never new
            created=str(values["created"] or values["updated"]),
            updated=str(values["updated"]),
            auth=AuthOptions().merged(options) if kind == "auth" else None,
            view_query=str(options.get("viewQuery", "")) if kind == "view" else "",
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SchemaError(f"collection {values['name']!r} cannot be loaded: {error}") from error


def load_field(body: JsonValue) -> Field:
    """Return the field of a stored or submitted object.

    Raises:
        ValueError: its type is unknown, or a setting has the wrong JSON type.
    """
    kind = body.get("type") if isinstance(body, dict) else None
    known = FIELD_TYPES.get(kind) if isinstance(kind, str) else None
    if known is None:
        text = orjson.dumps(body).decode()
        raise ValueError(f"missing or unknown field type in {text}")
    return known.from_settings(body)


def catalog_from_rows(rows: Iterable[Row]) -> Catalog:
    """Return the catalog of all rows, which come in rowid order.

    Raises:
        SchemaError: a row cannot be loaded.
    """
    return Catalog(collection_from_row(row) for row in rows)


def _options(collection: Collection) -> dict[str, JsonValue]:
    if collection.is_auth and collection.auth is not None:
        return collection.auth.to_stored()
    if collection.is_view:
        return {"viewQuery": collection.view_query}
    return {}


def _dumps(value: JsonValue) -> str:
    return orjson.dumps(value).decode()


def _loads(stored: SqlValue, empty: JsonValue) -> JsonValue:
    if not isinstance(stored, (str, bytes)) or not stored:
        return empty
    value = orjson.loads(stored)
    return empty if value is None else value

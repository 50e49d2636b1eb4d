"""Submitted JSON over a collection: what POST, PATCH and import do with a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pbpy.binding import (
    BindError,
    as_list,
    as_object,
    bind_bool,
    bind_optional_text,
    bind_text,
    bind_text_list,
    fold_key,
)
from pbpy.fields.date_text import parse_date
from pbpy.schema.auth_options import AuthOptions
from pbpy.schema.collection import Collection
from pbpy.schema.field_list import add_fields
from pbpy.schema.stored import load_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.binding import Binder
    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field


def _bind_fields(_: Any, raw: JsonValue) -> tuple[Field, ...]:
    try:
        return add_fields((), [load_field(item) for item in as_list(raw)])
    except ValueError as error:
        raise BindError(str(error)) from error


def _bind_type(_: Any, raw: JsonValue) -> str:
    return bind_text("", raw) or "base"


def _bind_created(current: str, raw: JsonValue) -> str:
    return parse_date(bind_text("", raw)) or current


_ATTRIBUTES: dict[str, tuple[str, Binder]] = {
    "id": ("id", bind_text),
    "listRule": ("list_rule", bind_optional_text),
    "viewRule": ("view_rule", bind_optional_text),
    "createRule": ("create_rule", bind_optional_text),
    "updateRule": ("update_rule", bind_optional_text),
    "deleteRule": ("delete_rule", bind_optional_text),
    "name": ("name", bind_text),
    "type": ("type", _bind_type),
    "fields": ("fields", _bind_fields),
    "indexes": ("indexes", bind_text_list),
    "created": ("created", _bind_created),
    "updated": ("updated", bind_text),
    "system": ("system", bind_bool),
    "viewQuery": ("view_query", bind_text),
}


def merged(collection: Collection, body: JsonValue) -> Collection:
    """Return the collection with the submitted keys bound over it.

    `fields` and `indexes` replace the whole lists; the options of auth collections merge.
    An unusable or empty `created` is not taken over.

    Raises:
        BindError: body is not an object, or a value has the wrong JSON type.
    """
    changes: dict[str, Any] = {}
    for key, raw in as_object(body).items():
        found = _ATTRIBUTES.get(key)
        if found is not None:
            attribute, bind = found
            changes[attribute] = bind(getattr(collection, attribute), raw)
    # PocketBase: timestamps may be submitted for a stored collection; `updated` is set anyway
    if collection.is_new:
        changes.pop("created", None)
    changes.pop("updated", None)
    if changes.get("type", collection.type) == "auth":
        changes["auth"] = (collection.auth or AuthOptions()).merged(body)
    return collection.replace(**changes)


def scaffold(kind: str, name: str, collection_id: str = "") -> Collection:
    """Return a new collection of a type; an unknown type gives a base collection."""
    attributes: dict[str, Any] = {"id": collection_id} if collection_id else {}
    if kind == "auth":
        return Collection.new_auth(name, **attributes)
    if kind == "view":
        return Collection.new_view(name, **attributes)
    return Collection.new_base(name, **attributes)


def new_collection(body: Mapping[str, JsonValue]) -> Collection:
    """Return the new collection that a request body describes: its type's scaffold, merged.

    PocketBase: type and name are looked up in any case here, all the rest exactly.

    Raises:
        BindError: as merged.
    """
    texts = {"type": "", "name": ""}
    for key, raw in body.items():
        if fold_key(key) in texts:
            texts[fold_key(key)] = bind_text("", raw)
    return merged(scaffold(texts["type"], texts["name"]), body)


def imported_collection(body: Mapping[str, JsonValue]) -> Collection:
    """Return the new collection of an import; its default indexes are named after its own id.

    Raises:
        BindError: as merged.
    """
    kind, name, own_id = (bind_text("", body.get(key)) for key in ("type", "name", "id"))
    return merged(scaffold(kind, name, own_id), body)

"""The JSON form of a collection as clients see it, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pbpy.errors import JsonValue
    from pbpy.schema.collection import Collection

_MEMO_KEY = "schema.encode"


def collection_to_json(collection: Collection) -> dict[str, JsonValue]:
    """Return the object with PocketBase's key order."""
    body: dict[str, JsonValue] = {
        "id": collection.id,
        "listRule": collection.list_rule,
        "viewRule": collection.view_rule,
        "createRule": collection.create_rule,
        "updateRule": collection.update_rule,
        "deleteRule": collection.delete_rule,
        "name": collection.name,
        "type": collection.type,
        "fields": [item.settings for item in collection.fields],
        "indexes": list(collection.indexes),
        "created": collection.created,
        "updated": collection.updated,
        "system": collection.system,
    }
    if collection.auth is not None and collection.is_auth:
        body.update(collection.auth.to_output())
    elif collection.is_view:
        body["viewQuery"] = collection.view_query
    return body


def encode_collection(collection: Collection) -> bytes:
    """Return the same as JSON text, computed once per collection version."""
    known: bytes | None = collection.memo.get(_MEMO_KEY)
    if known is None:
        known = orjson.dumps(collection_to_json(collection))
        collection.memo[_MEMO_KEY] = known
    return known

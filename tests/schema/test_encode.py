"""The JSON form of collections."""

from __future__ import annotations

import json

from pbpy.schema.collection import Collection
from pbpy.schema.encode import collection_to_json, encode_collection

COMMON = [
    "id", "listRule", "viewRule", "createRule", "updateRule", "deleteRule", "name", "type",
    "fields", "indexes", "created", "updated", "system",
]  # fmt: skip


def test_keys_stand_in_the_order_of_pocketbase() -> None:
    assert list(collection_to_json(Collection.new_base("a"))) == COMMON
    assert list(collection_to_json(Collection.new_view("a"))) == [*COMMON, "viewQuery"]
    auth = list(collection_to_json(Collection.new_auth("a")))
    assert auth[: len(COMMON)] == COMMON
    assert auth[len(COMMON)] == "authRule"
    assert len(auth) == len(COMMON) + 15


def test_bytes_are_computed_once_and_hold_no_secret() -> None:
    collection = Collection.new_auth("a")
    encoded = encode_collection(collection)
    assert encode_collection(collection) is encoded
    assert json.loads(encoded) == collection_to_json(collection)
    assert b"ecret" not in encoded
    assert b'", "' not in encoded

"""Import of collections (contract 3.7, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, rows, view
from tests.differential.steps import Json, Step, collections, leaking, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

IMPORT = "/api/collections/import"


def imports(*collection_lists: Json, delete_missing: bool = False) -> list[Step]:
    flags = {"deleteMissing": True} if delete_missing else {}
    return [su.put(IMPORT, {"collections": items, **flags}) for items in collection_lists]


SCENARIOS = [
    scenario(
        "bad input",
        su.put(IMPORT),
        su.put(IMPORT, {}),
        imports([], None, "x", [1], [None], [{}], {"a": 1}),
        su.send("PUT", IMPORT, "null"),
        su.send("PUT", IMPORT, "[]"),
        su.send("PUT", IMPORT, "{"),
        su.send("PUT", IMPORT, '{"collections":[{"name":"a","name":"b"}]}'),
        su.put(IMPORT, {"collections": [{"name": "ip_x"}], "deleteMissing": "x"}),
        imports(
            [{"name": "imp 1"}],
            [{"name": "ip_1", "type": "zz"}],
            [{"name": "ip_3", "fields": [field("select", "a")]}],
            [{"name": "ip_4", "listRule": "nope = 1"}],
            [{"name": "ip_5", "indexes": ["nope"]}],
            [{"name": "ip_8", "id": "a b"}],
            [{"name": "ip_10"}, {"name": "imp 10"}],
            [{"name": "users", "type": "base"}],
            [{"name": "_mfas", "listRule": ""}],
            [{"name": "ip_11", "fields": [field("relation", "r", collectionId="nope")]}],
        ),
        leaking(imports([{"name": "ip_2", "fields": [field("zz", "a")]}])[0]),
        leaking(imports([{"name": "ip_6", "indexes": ["CREATE INDEX x ON ip_6 (nope)"]}])[0]),
        leaking(imports([{"name": "ip_7"}, {"name": "IP_7"}])[0]),
        leaking(imports([{"name": "ip_9", "type": "view", "viewQuery": "select nope"}])[0]),
        leaking(imports([{"id": "_pb_users_auth_", "name": "x", "type": "view"}])[0]),
        su.get(
            collections(filter="name ~ 'ip_' || name = 'users'", fields="name,type", sort="name")
        ),
    ),
    scenario(
        "create, merge, order",
        imports(
            [
                {
                    "name": "im_b",
                    "id": "im_b_id",
                    "fields": [field("relation", "r", id="rr", collectionId="im_a_id")],
                    "listRule": "r.t != ''",
                },
                {"name": "im_v", "type": "view", "viewQuery": "select id, t from im_a"},
                {"name": "im_a", "id": "im_a_id", "fields": [field("text", "t", id="tt")]},
                {"name": "im_auth", "type": "auth"},
            ]
        ),
        su.get(collections(filter="name ~ 'im_'", sort="name")),
        rows("im_a", {"id": "aaaaaaaaaaaaaa1", "t": "x"}),
        imports([{"id": "im_a_id", "name": "im_a", "fields": [field("number", "n", id="nn")]}]),
        su.get(collections("im_a")),
        su.get(records("im_a")),
        imports([{"name": "im_a", "fields": [field("text", "t")]}]),
        su.get(collections("im_a")),
        imports([{"name": "im_a", "listRule": "t = 'y'"}]),
        imports([{"id": "im_a_id", "name": "im_renamed"}]),
        su.get(collections("im_renamed")),
        su.get(collections("im_v")),
        imports([{"id": "im_a_id", "name": "im_a", "fields": [field("text", "t2", id="tt")]}]),
        su.get(records("im_a")),
        imports([{"id": "im_a_id", "name": "im_a", "fields": [field("number", "t", id="tt")]}]),
        imports([{"name": "im_auth", "type": "auth", "authToken": {"duration": 100}}]),
        su.get(collections("im_auth")),
        imports(
            [
                {
                    "name": "im_self",
                    "id": "im_s",
                    "fields": [field("relation", "r", collectionId="im_s")],
                }
            ]
        ),
        su.get(collections("im_self")),
    ),
    scenario(
        "deleteMissing",
        base("id_keep", field("text", "t", id="tt"), field("text", "gone", id="gg")),
        base("id_drop"),
        view("id_view", "select id from id_keep"),
        rows("id_keep", {"id": "aaaaaaaaaaaaaa1", "t": "x", "gone": "y"}),
        imports([{"name": "imp 1"}], delete_missing=True),
        su.get(collections(fields="name")),
        imports(
            [
                {"name": "id_keep", "fields": [field("text", "t", id="tt")]},
                {"name": "users", "type": "auth", "id": "_pb_users_auth_"},
            ],
            delete_missing=True,
        ),
        su.get(collections(fields="name")),
        su.get(collections("id_keep")),
        su.get(collections("users")),
        su.get(records("id_keep")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

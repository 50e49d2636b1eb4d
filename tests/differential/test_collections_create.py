"""Collections: create, list, view, access (contract 3, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import OPEN, auth_collection, base, field, user, view
from tests.differential.steps import (
    Actor,
    Json,
    Step,
    collections,
    guest,
    leaking,
    records,
    scenario,
    su,
)

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair


def creates(*bodies: dict[str, Json]) -> list[Step]:
    return [su.post(collections(), body) for body in bodies]


def raw_creates(*texts: str) -> list[Step]:
    return [su.send("POST", collections(), text) for text in texts]


ANNA = Actor("cc_anna")
LOGO = r'"logo":"(?:[^"\\]|\\.)*"'
ID_FIELD = {"type": "text", "name": "id", "primaryKey": True, "required": True, "system": True}

SCENARIOS = [
    scenario(
        "access",
        auth_collection("cc_users"),
        user("cc_users", "aaaaaaaaaaaaaa1", "cc_anna"),
        guest.get(collections()),
        ANNA.get(collections()),
        guest.get(collections("cc_users")),
        ANNA.get(collections("cc_users")),
        guest.post(collections(), {"name": "x"}),
        ANNA.post(collections(), {"name": "x"}),
        ANNA.patch(collections("cc_users"), {"name": "x"}),
        ANNA.delete(collections("cc_users")),
        ANNA.delete("/api/collections/cc_users/truncate"),
        ANNA.put("/api/collections/import", {"collections": []}),
        guest.get("/api/collections/meta/scaffolds"),
        ANNA.get("/api/collections/meta/oauth2-providers"),
        ANNA.post("/api/collections/meta/dry-run-view", {"query": "select 1 as id"}),
        ANNA.get(collections("nope")),
    ),
    scenario(
        "names",
        base("cc_taken", id="cc_taken_id"),
        creates(
            {},
            {"name": ""},
            {"name": None},
            {"name": "a b", "type": "zz"},
            {"name": "cc_ok1", "type": "zz"},
            {"name": "cc_ok2", "type": None},
            {"name": "cc_ok3", "type": ""},
            {"name": "x_via_y"},
            {"name": "x_VIA_y"},
            {"name": "users"},
            {"name": "USERS"},
            {"name": "_params"},
            {"name": "_PARAMS"},
            {"name": "_logs"},
            {"name": "cc_taken"},
            {"name": "cc_taken_id"},
            {"name": "é"},
            {"name": "a-b"},
            {"name": "1a"},
            {"name": "n" * 255},
            {"name": "n" * 256},
            {"name": " cc_space"},
            {"name": "select"},
            {"name": "CC_Upper"},
            {"name": 1},
            {"name": True},
            {"name": ["a"]},
        ),
        leaking(su.post(collections(), {"name": "sqlite_master"})),
        leaking(su.post(collections(), {"name": "sqlite_x"})),
        raw_creates(
            '{"name":"cc_dup","name":"cc_dup2"}',
            '{"NAME":"cc_case","Type":"base","LISTRULE":""}',
            '{"name":"cc_fieldsnull","fields":null}',
            '{"name":"cc_fieldsobj","fields":{}}',
            '{"name":"cc_fieldsstr","fields":"x"}',
            '{"name":"cc_fieldsnum","fields":[1]}',
            '{"name":"cc_indexnull","indexes":null}',
            '{"name":"cc_indexstr","indexes":"x"}',
            '{"name":"cc_rulenum","listRule":1}',
            '{"name":"cc_system","system":true}',
            '{"name":"cc_created","created":"2020-01-01 00:00:00.000Z"}',
            '{"name":"cc_unknown","foo":{"bar":1}}',
            "null",
            "[]",
            "{",
            "x",
        ),
        su.post(collections()),
        su.form(collections(), [("Name", "cc_form4")]),
        su.send("POST", collections(), "<x><name>cc_xml</name></x>", "application/xml"),
        su.send("POST", collections(), '{"name":"x"}', "text/plain"),
    ),
    scenario(
        "ids",
        creates(
            {"name": "ci_a", "id": "ci_custom"},
            {"name": "ci_b", "id": "ci_custom"},
            {"name": "ci_c", "id": "CI_CUSTOM"},
            {"name": "ci_d", "id": "ci_a"},
            {"name": "ci_e", "id": "_pb_users_auth_"},
            {"name": "ci_f", "id": "a b"},
            {"name": "ci_g", "id": "é"},
            {"name": "ci_h", "id": "x" * 100},
            {"name": "ci_i", "id": "x" * 101},
            {"name": "ci_j", "id": ""},
            {"name": "ci_k", "id": None},
            {"name": "ci_l", "id": 5},
            {"name": "ci_m", "id": "a.b"},
        ),
        su.get(collections("ci_custom")),
        su.get(collections("ci_a")),
        su.get(collections("CI_A")),
        su.get(collections("CI_D")),
        su.get(collections("CI_CUSTOM")),
        su.get(collections("ci_j", fields="id,fields.id,fields.name")),
    ),
    scenario(
        "field lists",
        creates(
            {"name": "cf_1", "fields": [ID_FIELD]},
            {"name": "cf_2", "fields": [field("text", "a"), ID_FIELD]},
            {"name": "cf_3", "fields": [field("text", "a"), field("text", "A")]},
            {"name": "cf_4", "fields": [field("text", "a"), field("text", "a")]},
            {"name": "cf_5", "fields": [field("text", "a"), field("number", "a")]},
            {"name": "cf_6", "fields": [field("text", "a", id="x"), field("text", "b", id="x")]},
            {"name": "cf_7", "fields": [field("text", "a", id="x" * 100)]},
            {"name": "cf_8", "fields": [field("text", "a", id="x" * 101)]},
            {"name": "cf_9", "fields": [field("text", "a", id="a b")]},
            {"name": "cf_10", "fields": [field("zz", "a")]},
            {"name": "cf_11", "fields": [{"name": "a"}]},
            {"name": "cf_12", "fields": [{"type": "text"}]},
            {"name": "cf_13", "fields": [{}]},
            {"name": "cf_14", "fields": [None]},
            {"name": "cf_15", "fields": [field("text", "id")]},
            {"name": "cf_16", "fields": [field("number", "id")]},
            {"name": "cf_17", "fields": [ID_FIELD, field("text", "k", primaryKey=True)]},
            {"name": "cf_18", "fields": [field("text", "ID")]},
            {"name": "cf_19", "fields": [ID_FIELD | {"hidden": True, "pattern": "", "min": 3}]},
            {
                "name": "cf_21",
                "fields": [ID_FIELD | {"autogeneratePattern": "", "max": 5, "min": 2}],
            },
            {"name": "cf_22", "fields": [field("text", "a", system=True)]},
            {"name": "cf_23", "fields": [field("text", "a", hidden=True, presentable=True)]},
            {"name": "cf_24", "fields": [field("text", "a", unknown=1)]},
            {"name": "cf_25", "fields": [field("text", "a", min="1")]},
            {"name": "cf_26", "fields": [field("text", "a", required="yes")]},
            {"name": "cf_27", "fields": [field("text", "a", min=None, pattern=None, hidden=None)]},
            {
                "name": "cf_28",
                "fields": [field("text", "b"), field("text", "a"), field("text", "c")],
            },
        ),
        creates(
            *(
                {"name": f"cf_name{index}", "fields": [field("text", name)]}
                for index, name in enumerate(
                    (
                        "a-b",
                        "a b",
                        "é",
                        "",
                        "null",
                        "TRUE",
                        "false",
                        "_rowid_",
                        "collectionId",
                        "collectionName",
                        "expand",
                        "EXPAND",
                        "a_via_b",
                        "1a",
                        "_a",
                        "rowid",
                        "oid",
                        "created",
                        "select",
                        "x" * 100,
                        "x" * 101,
                    )
                )
            )
        ),
        su.get(collections("cf_2")),
        su.post(records("cf_2"), {"a": "x"}),
        su.post(records("cf_21"), {"id": "abc"}),
        su.post(records("cf_21"), {}),
    ),
    scenario(
        "rules",
        creates(
            {"name": "cr_1", "listRule": "foo = 1"},
            {"name": "cr_2", "listRule": "id = ", "viewRule": "id", "createRule": "("},
            {"name": "cr_3", **OPEN},
            {"name": "cr_4", "listRule": " ", "viewRule": "  id != ''  "},
            {
                "name": "cr_5",
                "listRule": "@request.auth.id != ''",
                "updateRule": "@request.body.x = 1",
            },
            {"name": "cr_6", "listRule": "@collection.users.name = 'x'"},
            {"name": "cr_7", "listRule": "@collection.nope.name = 'x'"},
            {"name": "cr_8", "listRule": "@request.nope = 'x'"},
            {"name": "cr_9", "listRule": "@request.auth.nope.deep = 'x'"},
            {"name": "cr_10", "listRule": "@request.body.nope:changed = true"},
            {"name": "cr_11", "listRule": "id:nope = 1"},
            {"name": "cr_12", "deleteRule": "users_via_id.id = 1"},
            {"name": "cr_13", "listRule": "id = 'x' && // comment\n id != 'y'"},
            {"name": "cr_14", "listRule": " && ".join(["id != 'x'"] * 201)},
            {"name": "cr_15", "listRule": "id = 'x" + "y" * 4000 + "'"},
            {"name": "cr_16", "listRule": "nope(id) = 1"},
            {"name": "cr_17", "listRule": "created > @now"},
            {"name": "cr_18", "listRule": "self = id", "fields": [field("text", "self")]},
            {"name": "cr_19", "viewRule": "id = @request.query.x:isset"},
            {"name": "cr_20", "manageRule": "id = 1", "authRule": "", "createRule": None},
        ),
    ),
    scenario(
        "list and view",
        base("cl_a", field("text", "t")),
        base("cl_b"),
        view("cl_v", "select id, email from users"),
        *(
            su.get(f"{collections()}?{text}")
            for text in (
                "filter=name~'cl_'&sort=name",
                "filter=name~'cl_'&sort=-name&fields=name",
                "filter=name~'cl_'&sort=name&perPage=1&page=2&fields=name",
                "filter=name~'cl_'&skipTotal=1&fields=name",
                "filter=type='view'&fields=name",
                "filter=system=true&fields=name",
                "filter=system=true&sort=@rowid&fields=name",
                "filter=system=true&sort=type,-name&fields=name,id",
                "filter=created>'2000-01-01'%26%26name~'cl_'&fields=name",
                "filter=id='_pb_users_auth_'",
                "filter=foo=1",
                "filter=fields~'text'",
                "filter=name=",
                "page=abc",
                "perPage=x",
                "skipTotal=x",
                "sort=foo",
                "sort=listRule",
                "sort=@random&fields=nope",
                "page=-1&perPage=9999&filter=name~'cl_'&fields=name",
                "fields=name:excerpt(2)&filter=name~'cl_'&sort=name",
                "fields=name:nope(2)",
            )
        ),
        su.get(collections("cl_a")),
        su.get(collections("cl_a", fields="name,fields.name")),
        su.get(collections("cl_a", fields="*")),
        su.get(collections("users")),
        su.get(collections("_superusers")),
        su.get(collections("_mfas")),
        su.get(collections("_otps")),
        su.get(collections("_externalAuths")),
        su.get(collections("_authOrigins")),
        su.get(collections("cl_nope")),
        su.get(collections("meta")),
        su.get("/api/collections/meta/scaffolds", unordered=True),
        su.get("/api/collections/meta/scaffolds?fields=base"),
        su.get("/api/collections/meta/oauth2-providers", mask=LOGO),
        su.get("/api/collections/meta/oauth2-providers?fields=name"),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

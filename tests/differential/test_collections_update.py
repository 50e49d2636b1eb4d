"""Collections: update, rename, retype, delete, truncate (contract 3.6, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import OPEN, auth_collection, base, field, rows, view
from tests.differential.steps import Json, Step, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair


def patches(collection: str, *bodies: Json) -> list[Step]:
    return [su.patch(collections(collection), body) for body in bodies]


SELECTS = [
    field("select", "s", id="s1", values=["a", "b", "c"]),
    field("select", "m", id="m1", values=["a", "b", "c"], maxSelect=3),
]
SWAPPED = [
    field("select", "s", id="s1", values=["a", "b", "c"], maxSelect=3),
    field("select", "m", id="m1", values=["a", "b", "c"], maxSelect=1),
]

SCENARIOS = [
    scenario(
        "partial updates",
        base("cu_a", field("text", "t", id="t1"), field("number", "n", id="n1")),
        rows("cu_a", {"id": "aaaaaaaaaaaaaa1", "t": "x", "n": 5}),
        patches(
            "cu_a",
            {},
            {"listRule": None},
            {"listRule": "t != ''", "viewRule": "n > 1"},
            {"listRule": "nope = 1"},
            {"unknown": 1},
            {"name": ""},
            {"name": None},
            {"name": "users"},
            {"name": "cu_a"},
            {"system": True},
            {"created": "2000-01-01 00:00:00.000Z", "updated": "2000-01-01 00:00:00.000Z"},
            {"type": "auth"},
            {"type": "view"},
            {"type": ""},
            {"type": None},
            {"type": "nope"},
            {"fields": None},
            {"fields": "x"},
            {"fields": [1]},
            {"listRule": 5},
            {"viewQuery": "select 1"},
            {"LISTRULE": ""},
        ),
        su.send("PATCH", collections("cu_a"), "null"),
        su.send("PATCH", collections("cu_a"), "[]"),
        su.send("PATCH", collections("cu_a"), "{"),
        su.send("PATCH", collections("cu_a"), '{"name":"a","name":"b"}'),
        su.patch(collections("cu_a")),
        su.patch(collections("CU_A"), {"viewRule": ""}),
        su.patch(collections("cu_nope"), {"name": "x"}),
        su.get(collections("cu_a")),
        su.get(records("cu_a")),
    ),
    scenario(
        "fields added, renamed, removed, swapped",
        base("cv_a", field("text", "a", id="fa"), field("text", "b", id="fb")),
        rows("cv_a", {"id": "aaaaaaaaaaaaaa1", "a": "A", "b": "B"}),
        patches(
            "cv_a", {"fields": [field("text", "renamed", id="fa"), field("text", "b", id="fb")]}
        ),
        su.get(records("cv_a")),
        patches(
            "cv_a", {"fields": [field("text", "b", id="fa"), field("text", "renamed", id="fb")]}
        ),
        su.get(records("cv_a")),
        patches(
            "cv_a", {"fields": [field("text", "B", id="fa"), field("text", "renamed", id="fb")]}
        ),
        su.get(records("cv_a")),
        patches(
            "cv_a", {"fields": [field("text", "renamed", id="fb"), field("text", "b", id="fa")]}
        ),
        su.get(collections("cv_a")),
        patches("cv_a", {"fields": [field("text", "b", id="fa"), field("number", "n", id="fn")]}),
        su.get(records("cv_a")),
        patches("cv_a", {"fields": [field("number", "b", id="fa")]}),
        patches("cv_a", {"fields": [field("number", "b")]}),
        su.get(records("cv_a")),
        patches("cv_a", {"fields": [field("text", "b")]}),
        patches("cv_a", {"fields": [field("text", "fresh", id="ff"), field("text", "b", id="ff")]}),
        su.get(records("cv_a")),
        patches("cv_a", {"fields": [field("text", "x y", id="ff")]}),
        su.get(records("cv_a")),
        patches("cv_a", {"fields": []}),
        su.get(records("cv_a")),
        su.get(collections("cv_a")),
        patches("cv_a", {"fields": [field("text", "id", max=20, min=1, pattern="^\\w+$")]}),
        patches("cv_a", {"fields": [field("text", "id2", id="text3208210256", primaryKey=True)]}),
        su.get(collections("cv_a")),
    ),
    scenario(
        "single and multiple",
        base("cw_target"),
        rows("cw_target", {"id": "tttttttttttttt1"}, {"id": "tttttttttttttt2"}),
        base("cw_a", *SELECTS),
        rows(
            "cw_a",
            {"id": "aaaaaaaaaaaaaa1", "s": "a", "m": ["a", "c"]},
            {"id": "aaaaaaaaaaaaaa2"},
            {"id": "aaaaaaaaaaaaaa3", "s": "b", "m": ["b"]},
        ),
        view("cw_view", "select id, s, m from cw_a"),
        patches("cw_a", {"fields": SWAPPED}),
        su.get(records("cw_a", sort="id")),
        su.get(records("cw_view", sort="id")),
        su.get(collections("cw_view")),
        patches("cw_a", {"fields": SELECTS}),
        su.get(records("cw_a", sort="id")),
        patches("cw_a", {"fields": [*SELECTS, field("file", "f", id="f1", maxSelect=2)]}),
        patches("cw_a", {"fields": [*SELECTS, field("file", "f", id="f1")]}),
        patches("cw_a", {"fields": [field("select", "s", id="s1", values=["z"])]}),
        su.get(records("cw_a", sort="id")),
        su.patch(records("cw_a", "aaaaaaaaaaaaaa1"), {"s": "a"}),
        su.get(collections("cw_view")),
    ),
    scenario(
        "relation target and types",
        base("cz_t1", id="cz_t1_id"),
        base("cz_t2", id="cz_t2_id"),
        base("cz_a", field("relation", "r", id="r1", collectionId="cz_t1_id")),
        patches("cz_a", {"fields": [field("relation", "r", id="r1", collectionId="cz_t2_id")]}),
        patches("cz_a", {"fields": [field("text", "r", id="r1")]}),
        patches("cz_a", {"fields": [field("relation", "q", id="r2", collectionId="cz_t2_id")]}),
        su.get(collections("cz_a")),
    ),
    scenario(
        "rename of a collection",
        base("cq_a", field("text", "t"), listRule="t != ''"),
        base("cq_b", field("text", "t"), listRule="@collection.cq_a.t = t"),
        view("cq_v", "select id, t from cq_a"),
        rows("cq_a", {"id": "aaaaaaaaaaaaaa1", "t": "x"}),
        patches("cq_a", {"name": "cq_c"}),
        su.get(records("cq_c")),
        su.get(records("cq_a")),
        guest.get(records("cq_b")),
        su.get(records("cq_v")),
        patches("cq_c", {"name": "CQ_C"}),
        su.get(records("cq_c")),
        patches("CQ_C", {"name": "cq_a"}),
        su.get(records("cq_v")),
        patches("cq_a", {"name": "cq_b"}, {"name": "_mfas"}, {"name": "a b"}, {"name": "_params"}),
        patches("cq_a", {"name": "cq_d", "listRule": "nope = 1"}),
        su.get(records("cq_a")),
    ),
    scenario(
        "rename of a collection whose rules name it",
        base("ck_a", field("text", "t"), listRule="@collection.ck_a.t ?= t"),
        patches("ck_a", {"name": "ck_b"}, {"listRule": "@collection.ck_a.t ?= t"}),
        patches("ck_b", {"listRule": "@collection.ck_b.t ?= t"}),
        patches("ck_b", {"name": "ck_c", "listRule": "@collection.ck_c.t ?= t"}),
        patches("ck_b", {"name": "ck_c", "viewRule": "@collection.ck_b.t ?= t"}),
        su.get(collections("ck_b")),
        su.get(collections("ck_c")),
        guest.get(records("ck_c")),
    ),
    scenario(
        "delete",
        base("cd_a", id="cd_a_id"),
        base("cd_b", field("relation", "r", collectionId="cd_a_id"), id="cd_b_id"),
        auth_collection("cd_auth"),
        view("cd_v", "select id from cd_b"),
        rows("cd_auth", {"email": "a@b.co", "password": "12345678", "passwordConfirm": "12345678"}),
        su.delete(collections("cd_a")),
        su.delete(collections("cd_b")),
        su.delete(collections("cd_v")),
        su.delete(collections("cd_b")),
        su.delete(collections("CD_A")),
        su.delete(collections("cd_a")),
        su.get(collections("cd_a")),
        su.get(records("cd_a")),
        su.delete(collections("cd_auth")),
        su.delete(collections("_superusers")),
        su.delete(collections("_mfas")),
        su.delete(collections("nope")),
        base("cd_a", id="cd_a_id"),
        su.delete(collections("cd_a_id")),
    ),
    scenario(
        "truncate",
        base("ct_a", field("text", "t"), id="ct_a_id"),
        base(
            "ct_b",
            field("relation", "need", collectionId="ct_a_id", required=True),
            field("relation", "down", collectionId="ct_a_id", cascadeDelete=True),
        ),
        view("ct_v", "select id from ct_a"),
        rows("ct_a", {"id": "aaaaaaaaaaaaaa1"}, {"id": "aaaaaaaaaaaaaa2"}),
        rows(
            "ct_b", {"id": "bbbbbbbbbbbbbb1", "need": "aaaaaaaaaaaaaa1", "down": "aaaaaaaaaaaaaa2"}
        ),
        su.delete("/api/collections/ct_a/truncate"),
        su.get(records("ct_a", sort="id")),
        su.get(records("ct_b")),
        su.delete("/api/collections/ct_v/truncate"),
        su.delete("/api/collections/ct_b/truncate"),
        su.get(records("ct_b")),
        su.delete("/api/collections/CT_A/truncate"),
        su.get(records("ct_a")),
        su.delete("/api/collections/ct_nope/truncate"),
        su.post("/api/collections/ct_a/truncate"),
        guest.delete("/api/collections/ct_a/truncate"),
    ),
    scenario(
        "system collections and users",
        patches("users", {"name": "people"}),
        patches("people", {"name": "users"}),
        patches("_mfas", {"name": "x"}, {"listRule": ""}, {"listRule": None}, {"system": False}),
        patches("_mfas", {"fields": []}, {"createRule": ""}),
        patches(
            "_authOrigins",
            {"fields": [field("text", "fingerprint", required=False, system=False)]},
        ),
        su.get(collections("_authOrigins")),
        su.get(collections("_mfas")),
        patches("_otps", {"fields": [field("text", "extra")]}),
        su.get(collections("_otps")),
        su.post(records("_mfas"), {"method": "x"}),
        su.post(records("_mfas"), {"collectionRef": "nope", "recordRef": "nope", "method": "x"}),
        su.post(
            records("_mfas"), {"collectionRef": "_pb_users_auth_", "recordRef": "a", "method": "x"}
        ),
        su.post(
            records("_externalAuths"), {"collectionRef": "_pb_users_auth_", "provider": "nope"}
        ),
        su.post(records("_authOrigins"), {}),
        su.post(records("_otps"), {"collectionRef": "pbc_2279338944"}),
        guest.get(records("_mfas")),
        guest.get(records("_superusers")),
        guest.post(records("_superusers"), {}),
    ),
    scenario(
        "a new field gets its default in old rows",
        base("cn_a", **OPEN),
        rows("cn_a", {"id": "aaaaaaaaaaaaaa1"}),
        patches(
            "cn_a",
            {
                "fields": [
                    field("text", "t"),
                    field("number", "n"),
                    field("bool", "b"),
                    field("email", "e"),
                    field("url", "u"),
                    field("editor", "ed"),
                    field("date", "d"),
                    field("autodate", "ad", onCreate=True),
                    field("select", "s", values=["a"]),
                    field("select", "sm", values=["a", "b"], maxSelect=2),
                    field("json", "j"),
                    field("file", "f"),
                    field("file", "fm", maxSelect=2),
                    field("geoPoint", "g"),
                    field("password", "p"),
                ]
            },
        ),
        su.get(records("cn_a")),
        su.post(records("cn_a"), {}),
        guest.get(records("cn_a", "aaaaaaaaaaaaaa1")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

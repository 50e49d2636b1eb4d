"""Rules of auth collections: own records, managers, superusers (contract 6, 7.6, A.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, auth_collection, base, field, user
from tests.differential.rule_worlds import all_rules, creates, people
from tests.differential.steps import Actor, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SCENARIOS = [
    scenario(
        "users manage themselves",
        *people("rm"),
        su.patch(
            collections("rm_users"),
            all_rules("@request.auth.id = id || @request.auth.role = 'editor'"),
        ),
        *(
            actor.send("PATCH", records("rm_users", "rmbert000000000"), text)
            for text in (
                "{}",
                '{"role":"x"}',
                '{"email":"new@example.com"}',
                '{"email":"rm_bert@example.com"}',
                '{"emailVisibility":true}',
                '{"verified":true}',
                '{"verified":false}',
                '{"tokenKey":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
                '{"password":"87654321"}',
                '{"password":"87654321","passwordConfirm":"87654321"}',
                '{"password":"87654321","passwordConfirm":"8765432"}',
                '{"password":"87654321","passwordConfirm":"87654321","oldPassword":"wrong"}',
                '{"password":"short","passwordConfirm":"short","oldPassword":"1234567890"}',
                '{"passwordConfirm":"x"}',
                '{"oldPassword":"x"}',
                '{"password":""}',
                '{"password":null}',
            )
            for actor in (Actor("rm_bert"), Actor("rm_anna"), guest)
        ),
        su.patch(collections("rm_users"), {"manageRule": "@request.auth.role = 'editor'"}),
        *(
            actor.send("PATCH", records("rm_users", "rmbert000000000"), text)
            for text in (
                '{"verified":true}',
                '{"email":"bert2@example.com"}',
                '{"password":"short","passwordConfirm":"short"}',
                '{"password":"87654321"}',
                '{"tokenKey":"x"}',
            )
            for actor in (Actor("rm_anna"), Actor("rm_bert"))
        ),
        Actor("rm_anna").get(records("rm_users", sort="id")),
        Actor("rm_bert").get(records("rm_users", sort="id")),
        Actor("rm_anna").post(
            records("rm_users"),
            {
                "email": "c@example.com",
                "password": "12345678",
                "passwordConfirm": "12345678",
                "verified": True,
            },
        ),
        su.patch(records("rm_users", "rmbert000000000"), {"password": "87654321"}),
        su.patch(
            records("rm_users", "rmbert000000000"),
            {"password": "87654321", "passwordConfirm": "87654321"},
        ),
        Actor("rm_bert").get(records("rm_users", "rmbert000000000")),
        Actor("rm_bert").post("/api/collections/rm_users/auth-refresh"),
        Actor("rm_anna").delete(records("rm_users", "rmanna000000000")),
        Actor("rm_anna").get(records("rm_users")),
    ),
    scenario(
        "creating users",
        auth_collection("rn_users", CHEAP, field("text", "role")),
        base("rn_other", id="rn_other_id"),
        auth_collection("rn_second"),
        user("rn_second", "rnother00000001", "rn_other"),
        creates(
            "rn_users",
            "{}",
            '{"email":"a@example.com"}',
            '{"password":"12345678"}',
            '{"password":"12345678","passwordConfirm":"12345678"}',
            '{"email":"a@example.com","password":"12345678","passwordConfirm":"123456789"}',
            '{"email":"a@example.com","password":"1234567","passwordConfirm":"1234567"}',
            '{"email":"nope","password":"12345678","passwordConfirm":"12345678"}',
            '{"email":"a@example.com","password":12345678,"passwordConfirm":12345678}',
            '{"email":"b@example.com","password":"12345678","passwordConfirm":"12345678","verified":true}',
            '{"email":"b@example.com","password":"12345678","passwordConfirm":"12345678","verified":false}',
            '{"email":"b@example.com","password":"12345678","passwordConfirm":"12345678"}',
            '{"email":"B@Example.com","password":"12345678","passwordConfirm":"12345678"}',
            '{"email":"c@example.com","password":"12345678","passwordConfirm":"12345678","emailVisibility":true}',
            '{"email":"d@example.com","password":"12345678","passwordConfirm":"12345678","tokenKey":"x"}',
            '{"email":"e@example.com","password":"12345678","passwordConfirm":"12345678","id":"rnother00000001"}',
            '{"email":"f@example.com","password":"12345678","passwordConfirm":"12345678","id":"short"}',
            '{"email":"g@example.com","password":"'
            + "x" * 72
            + '","passwordConfirm":"'
            + "x" * 72
            + '"}',
            '{"email":"g@example.com","password":"'
            + "é" * 60
            + '","passwordConfirm":"'
            + "é" * 60
            + '"}',
            '{"email":"h@example.com","password":"        ","passwordConfirm":"        "}',
        ),
        creates(
            "rn_users",
            '{"email":"i@example.com","password":"12345678"}',
            '{"email":"i@example.com","password":"12345678","passwordConfirm":"12345678","verified":true}',
            '{"email":"j@example.com","password":"12345678","passwordConfirm":"x"}',
            actor=su,
        ),
        su.get(records("rn_users", sort="email")),
        guest.get(records("rn_users", sort="email")),
    ),
    scenario(
        "superusers",
        su.get(records("_superusers", fields="email,verified,emailVisibility,collectionName")),
        su.post(records("_superusers"), {"email": "x"}),
        su.post(
            records("_superusers"),
            {
                "id": "superuser000002",
                "email": "second@example.com",
                "password": "1234567890",
                "passwordConfirm": "1234567890",
            },
        ),
        su.patch(records("_superusers", "superuser000002"), {"verified": False}),
        su.patch(records("_superusers", "superuser000002"), {"email": "third@example.com"}),
        su.delete(records("_superusers", "superuser000002")),
        su.post("/api/collections/_superusers/auth-refresh", save="root"),
        su.delete(records("_superusers", "{root.record.id}")),
        guest.delete(records("_superusers", "{root.record.id}")),
        su.delete("/api/collections/_superusers/truncate"),
        su.get(records("_superusers", fields="email")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

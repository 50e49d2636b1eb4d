"""Auth collections: options and their validation (contract 3.2, 3.4, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import OPEN, auth_collection, field
from tests.differential.steps import Json, Step, collections, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair


def creates(*bodies: dict[str, Json]) -> list[Step]:
    return [
        su.post(collections(), {"name": f"ca_{index}", "type": "auth"} | body)
        for index, body in enumerate(bodies)
    ]


def patches(collection: str, *bodies: Json) -> list[Step]:
    return [su.patch(collections(collection), body) for body in bodies]


SCENARIOS = [
    scenario(
        "auth collections",
        auth_collection("ca_plain"),
        su.get(collections("ca_plain")),
        creates(
            {"fields": [field("text", "passwordConfirm")]},
            {"fields": [field("text", "oldPassword")]},
            {"fields": [field("text", "email")]},
            {"fields": [field("email", "email", required=False)]},
            {"fields": [field("password", "password", min=3)]},
            {"fields": [field("bool", "verified", hidden=True)]},
            {"fields": [field("text", "tokenKey")]},
            {"manageRule": ""},
            {"manageRule": "id = 'x'", "authRule": None},
            {"authRule": "verified = true"},
            {"authRule": "nope = true"},
            {"mfa": {"enabled": True}},
            {"mfa": {"enabled": True, "duration": 5}},
            {"mfa": {"enabled": True, "rule": "nope = 1"}},
            {"otp": {"enabled": True, "length": 3, "duration": 5}},
            {
                "otp": {"enabled": False, "length": 3, "duration": 5},
            },
            {"passwordAuth": {"identityFields": ["nope"]}},
            {
                "passwordAuth": {"enabled": True, "identityFields": []},
            },
            {
                "passwordAuth": {"enabled": False, "identityFields": []},
            },
            {"authToken": {"duration": 1}},
            {"authToken": {"duration": 94670857}},
            {"authToken": {"secret": "short"}},
            {"authToken": {"secret": "s" * 256}},
            {"fileToken": {"duration": 0}},
            {"verificationTemplate": {"subject": "", "body": ""}},
            {"authAlert": {"enabled": False}},
            {"oauth2": {"enabled": True}},
            {
                "oauth2": {"mappedFields": {"name": "nope", "id": "x"}},
            },
            {
                "oauth2": {
                    "enabled": True,
                    "providers": [
                        {"name": "nope"},
                        {"name": "google"},
                        {"name": "google", "clientId": "a", "clientSecret": "b"},
                        {"name": "github", "clientId": "a", "clientSecret": "b", "authURL": "x"},
                    ],
                },
            },
            {
                "oauth2": {
                    "enabled": True,
                    "providers": [{"name": "google", "clientId": "a", "clientSecret": "b"}],
                },
            },
            {
                "fields": [field("text", "nick")],
                "indexes": ["create unique index ca_nick on x (nick)"],
                "passwordAuth": {"enabled": True, "identityFields": ["nick", "email"]},
            },
            {
                "fields": [field("text", "nick")],
                "passwordAuth": {"enabled": True, "identityFields": ["nick"]},
            },
            {"indexes": []},
            {"indexes": ["create index ca_i on x (email)"]},
            {"type": "base", "authRule": "x", "passwordAuth": {"enabled": True}},
            {"viewQuery": "select 1"},
            {"authToken": None, "oauth2": None, "otp": None},
        ),
    ),
    scenario(
        "updates of auth options",
        auth_collection("cb_users", field("text", "nick"), **OPEN),
        patches(
            "cb_users",
            {"passwordAuth": {"enabled": False}},
            {"passwordAuth": {"enabled": True, "identityFields": ["nick"]}},
            {"indexes": []},
            {"indexes": ["create unique index cb_nick on cb_users (nick)"]},
            {"passwordAuth": {"identityFields": ["nick", "email", "nick"]}},
            {"indexes": []},
            {"passwordAuth": {"identityFields": ["email"]}},
            {"authToken": {"duration": 100}},
            {"authToken": {"duration": 0}},
            {"authToken": {}},
            {"authToken": None},
            {"otp": {"enabled": True}},
            {"mfa": {"enabled": True}},
            {"mfa": {"rule": "nope = 1"}},
            {"mfa": {"rule": "nick = 'x'", "duration": 86401}},
            {"mfa": {"rule": "nick = 'x'"}},
            {"mfa": {"rule": None}},
            {"otp": {"enabled": False}},
            {"mfa": {"enabled": False}},
            {"otp": {"enabled": False}},
            {"authRule": "nick != 'x'"},
            {"authRule": None},
            {"authRule": ""},
            {"manageRule": "@request.auth.id = id"},
            {"manageRule": None},
            {"manageRule": ""},
            {"verificationTemplate": {"subject": "s"}},
            {"verificationTemplate": {"body": ""}},
            {"type": "base"},
            {"type": "view"},
            {"fields": []},
            {"fields": [field("text", "nick"), field("text", "more")]},
            {"fields": [field("text", "email")]},
            {"oauth2": {"providers": [{"name": "google", "clientId": "a", "clientSecret": "b"}]}},
            {"oauth2": {"providers": [{"name": "google", "clientId": "c", "pkce": True}]}},
            {"oauth2": {"providers": [{"name": "github", "clientId": "c"}, {"name": "google"}]}},
            {"oauth2": {"enabled": True}},
            {"oauth2": {"providers": []}},
            {"oauth2": {"mappedFields": {"name": "nick", "id": "nope", "avatarURL": "email"}}},
            {"AUTHTOKEN": {"Duration": 200}},
            {"authToken": {"duration": "200"}},
            {"passwordAuth": [1]},
        ),
        su.get(collections("cb_users")),
        patches("_superusers", {"otp": {"enabled": True}}, {"oauth2": {"enabled": True}}),
        patches("_superusers", {"passwordAuth": {"enabled": False}}, {"authRule": None}),
        patches("_superusers", {"listRule": ""}, {"name": "x"}, {"system": False}),
        patches("_superusers", {"otp": {"enabled": False}}, {"mfa": {"enabled": False}}),
        su.get(collections("_superusers")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

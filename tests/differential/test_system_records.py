"""Records of the system collections and what follows their users (contract 3.10, 7.5, 7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, auth_collection, base, made, user
from tests.differential.steps import Actor, Json, Step, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

ANNA, BERT = "syanna000000001", "sybert000000001"


def world(prefix: str) -> list[Step | list[Step]]:
    users = f"{prefix}_users"
    return [
        auth_collection(users, CHEAP, id=f"{users}_id"),
        user(users, f"{prefix}anna000000001", f"{prefix}_anna"),
        user(users, f"{prefix}bert000000001", f"{prefix}_bert"),
    ]


def link(prefix: str, **changes: Json) -> dict[str, Json]:
    known = {"collectionRef": f"{prefix}_users_id", "recordRef": f"{prefix}anna000000001"}
    return {"provider": "google", "providerId": "1"} | known | changes


SCENARIOS = [
    scenario(
        "external auths",
        *world("sy"),
        su.post(records("_externalAuths"), link("sy", id="linkanna0000001")),
        su.post(records("_externalAuths"), link("sy")),
        su.post(records("_externalAuths"), link("sy", providerId="2")),
        su.post(records("_externalAuths"), link("sy", recordRef=BERT)),
        su.post(records("_externalAuths"), link("sy", provider="nope")),
        su.post(records("_externalAuths"), link("sy", recordRef="nope")),
        su.post(records("_externalAuths"), link("sy", collectionRef="nope")),
        su.post(records("_externalAuths"), link("sy", collectionRef="sy_users")),
        su.post(records("_externalAuths"), link("sy", provider="github", recordRef=BERT)),
        guest.get(records("_externalAuths")),
        Actor("sy_anna").get(records("_externalAuths")),
        Actor("sy_bert").get(records("_externalAuths")),
        Actor("sy_bert").get(records("_externalAuths", "linkanna0000001")),
        Actor("sy_bert").delete(records("_externalAuths", "linkanna0000001")),
        Actor("sy_anna").patch(records("_externalAuths", "linkanna0000001"), {"provider": "x"}),
        Actor("sy_anna").post(records("_externalAuths"), link("sy", provider="gitlab")),
        Actor("sy_anna").delete(records("_externalAuths", "linkanna0000001")),
        su.post(records("_externalAuths"), link("sy", id="linkanna0000002")),
        su.patch(records("sy_users", ANNA), {"verified": True}),
        su.get(records("_externalAuths", filter=f"recordRef='{ANNA}'")),
        su.post(records("_externalAuths"), link("sy", id="linkanna0000003")),
        su.patch(records("sy_users", ANNA), {"verified": False}),
        su.get(records("_externalAuths", filter=f"recordRef='{ANNA}'")),
        su.delete(records("sy_users", ANNA)),
        su.get(records("_externalAuths", filter="collectionRef='sy_users_id'")),
        su.delete(collections("sy_users")),
        su.get(records("_externalAuths", filter="collectionRef='sy_users_id'")),
    ),
    scenario(
        "origins, mfas, otps",
        *world("sz"),
        su.post(
            records("_authOrigins"),
            {
                "id": "originanna00001",
                "collectionRef": "sz_users_id",
                "recordRef": "szanna000000001",
                "fingerprint": "abc",
            },
        ),
        su.post(
            records("_mfas"),
            {
                "id": "mfaanna00000001",
                "collectionRef": "sz_users_id",
                "recordRef": "szanna000000001",
                "method": "password",
            },
        ),
        su.post(
            records("_otps"),
            {
                "id": "otpanna00000001",
                "collectionRef": "sz_users_id",
                "recordRef": "szanna000000001",
                "password": "12345678",
                "sentTo": "x@example.com",
            },
        ),
        su.get(records("_otps", "otpanna00000001")),
        Actor("sz_anna").get(records("_otps", "otpanna00000001")),
        Actor("sz_bert").get(records("_otps", "otpanna00000001")),
        Actor("sz_anna").get(records("_mfas", "mfaanna00000001")),
        Actor("sz_anna").delete(records("_mfas", "mfaanna00000001")),
        Actor("sz_anna").get(records("_authOrigins", "originanna00001")),
        su.patch(
            records("sz_users", "szanna000000001"),
            {"password": "87654321", "passwordConfirm": "87654321"},
        ),
        su.get(records("_otps", "otpanna00000001")),
        su.get(records("_mfas", "mfaanna00000001")),
        su.get(records("_authOrigins", "originanna00001")),
    ),
    scenario(
        "users in relations",
        *world("sw"),
        base(
            "sw_posts",
            {
                "type": "relation",
                "name": "owner",
                "collectionId": "sw_users_id",
                "cascadeDelete": True,
            },
            viewRule="owner = @request.auth.id",
        ),
        made("sw_posts", {"id": "postofanna00001", "owner": "swanna000000001"}),
        Actor("sw_anna").get(records("sw_posts", "postofanna00001", expand="owner")),
        Actor("sw_bert").get(records("sw_posts", "postofanna00001", expand="owner")),
        Actor("sw_anna").delete(records("sw_users", "swanna000000001")),
        su.get(records("sw_posts")),
        Actor("sw_anna").get(records("sw_posts")),
        su.get(records("sw_users", "swanna000000001")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

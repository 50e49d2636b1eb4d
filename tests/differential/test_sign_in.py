"""Password sign-in, refresh, methods, tokens (contract 8, A.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, base, field, sign_in, user, view
from tests.differential.steps import Actor, auth, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

PASSWORD = "1234567890"
ANNA = Actor("si_anna")
SIGN_IN = auth("si_users", "auth-with-password")


SCENARIOS = [
    scenario(
        "password",
        auth_collection("si_users", field("text", "nick"), field("text", "hid", hidden=True)),
        auth_collection("si_others"),
        base("si_base"),
        view("si_view", "select id, email from si_users"),
        user("si_users", "sianna000000001", "si_anna", nick="Nick", hid="h"),
        user("si_users", "sibert000000001", "si_bert"),
        user("si_others", "siother00000001", "si_other"),
        guest.post(SIGN_IN, {}),
        guest.post(SIGN_IN, {"identity": "si_anna@example.com"}),
        guest.post(SIGN_IN, {"password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": "", "password": ""}),
        guest.post(SIGN_IN, {"identity": "si_anna@example.com", "password": "wrong"}),
        guest.post(SIGN_IN, {"identity": "nobody@example.com", "password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": "SI_ANNA@example.com", "password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": "si_anna", "password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": "Nick", "password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": "sianna000000001", "password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": " si_anna@example.com", "password": PASSWORD}),
        guest.post(SIGN_IN, {"identity": "si_anna@example.com", "password": PASSWORD + " "}),
        guest.post(SIGN_IN, {"identity": "a" * 255, "password": "b" * 255}),
        guest.post(SIGN_IN, {"identity": "a" * 256, "password": "b" * 256}),
        guest.post(SIGN_IN, {"identity": "a", "password": "b", "identityField": "nick"}),
        guest.post(SIGN_IN, {"identity": "a", "password": "b", "identityField": "nope"}),
        guest.post(SIGN_IN, {"identity": "a", "password": "b", "identityField": "id"}),
        guest.post(SIGN_IN, {"identity": "a", "password": "b", "identityField": "x" * 256}),
        guest.post(
            SIGN_IN,
            {"identity": "si_anna@example.com", "password": PASSWORD, "identityField": "email"},
        ),
        guest.post(
            SIGN_IN,
            {"identity": "si_anna@example.com", "password": PASSWORD, "identityField": ""},
        ),
        guest.post(
            SIGN_IN, {"identity": "si_anna@example.com", "password": PASSWORD, "mfaId": "x"}
        ),
        guest.post(
            SIGN_IN + "?fields=token", {"identity": "si_anna@example.com", "password": PASSWORD}
        ),
        guest.post(
            SIGN_IN + "?fields=record.id", {"identity": "si_anna@example.com", "password": PASSWORD}
        ),
        guest.post(
            SIGN_IN + "?fields=x:nope()", {"identity": "si_anna@example.com", "password": PASSWORD}
        ),
        guest.post(
            SIGN_IN + "?expand=nope", {"identity": "si_anna@example.com", "password": PASSWORD}
        ),
        ANNA.post(SIGN_IN, {"identity": "si_bert@example.com", "password": PASSWORD}),
        sign_in("si_users", "si_bert@example.com", PASSWORD),
        sign_in("SI_USERS", "si_bert@example.com", PASSWORD),
        sign_in("si_others", "si_anna@example.com", PASSWORD),
        sign_in("si_base", "a", "b"),
        sign_in("si_view", "a", "b"),
        sign_in("si_nope", "a", "b"),
        sign_in("_superusers", "root@example.com", PASSWORD),
        sign_in("_superusers", "root@example.com", "wrong"),
        sign_in("_superusers", "si_anna@example.com", PASSWORD),
        guest.get(SIGN_IN),
        guest.patch(SIGN_IN, {}),
    ),
    scenario(
        "refresh",
        auth_collection("sr_users"),
        auth_collection("sr_others"),
        base("sr_base"),
        user("sr_users", "sranna000000001", "sr_anna"),
        user("sr_others", "srother00000001", "sr_other"),
        guest.post(auth("sr_users", "auth-refresh")),
        su.post(auth("sr_users", "auth-refresh")),
        Actor("sr_other").post(auth("sr_users", "auth-refresh")),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh", fields="token")),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh"), {"x": 1}),
        Actor("sr_anna").send("POST", auth("sr_users", "auth-refresh"), "{"),
        Actor("sr_anna").post(auth("sr_base", "auth-refresh")),
        Actor("sr_anna").post(auth("sr_nope", "auth-refresh")),
        guest.post(auth("sr_base", "auth-refresh")),
        guest.post(auth("sr_nope", "auth-refresh")),
        su.post(auth("_superusers", "auth-refresh")),
        Actor("sr_anna").post(auth("_superusers", "auth-refresh")),
        su.patch(collections("sr_users"), {"authRule": "verified = true"}),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        sign_in("sr_users", "sr_anna@example.com", PASSWORD),
        su.patch(records("sr_users", "sranna000000001"), {"verified": True}),
        sign_in("sr_users", "sr_anna@example.com", PASSWORD, save="sr_anna"),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        su.patch(collections("sr_users"), {"authRule": None}),
        sign_in("sr_users", "sr_anna@example.com", PASSWORD),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        su.patch(collections("sr_users"), {"authRule": "@request.auth.id = id"}),
        sign_in("sr_users", "sr_anna@example.com", PASSWORD),
        su.patch(collections("sr_users"), {"authRule": ""}),
        sign_in("sr_users", "sr_anna@example.com", PASSWORD, save="sr_anna"),
        su.patch(records("sr_users", "sranna000000001"), {"emailVisibility": True}),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        su.patch(records("sr_users", "sranna000000001"), {"email": "sr_new@example.com"}),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        sign_in("sr_users", "sr_anna@example.com", PASSWORD),
        sign_in("sr_users", "sr_new@example.com", PASSWORD, save="sr_anna"),
        su.patch(collections("sr_users"), {"authToken": {"duration": 100}}),
        sign_in("sr_users", "sr_new@example.com", PASSWORD, save="sr_anna"),
        su.patch(collections("sr_users"), {"authToken": {"secret": "s" * 40}}),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        sign_in("sr_users", "sr_new@example.com", PASSWORD, save="sr_anna"),
        su.delete(records("sr_users", "sranna000000001")),
        Actor("sr_anna").post(auth("sr_users", "auth-refresh")),
        sign_in("sr_users", "sr_new@example.com", PASSWORD),
    ),
    scenario(
        "methods and disabled password auth",
        auth_collection("sm_users", field("text", "nick")),
        base("sm_base"),
        view("sm_view", "select id from sm_users"),
        user("sm_users", "smanna000000001", "sm_anna", nick="Nick"),
        guest.get(auth("sm_users", "auth-methods")),
        guest.get(auth("sm_users", "auth-methods", fields="password")),
        guest.get(auth("SM_USERS", "auth-methods")),
        guest.get(auth("sm_base", "auth-methods")),
        guest.get(auth("sm_view", "auth-methods")),
        guest.get(auth("sm_nope", "auth-methods")),
        guest.get(auth("_superusers", "auth-methods")),
        guest.get(auth("users", "auth-methods")),
        guest.post(auth("sm_users", "auth-methods")),
        su.patch(collections("sm_users"), {"passwordAuth": {"enabled": False}}),
        guest.get(auth("sm_users", "auth-methods")),
        sign_in("sm_users", "sm_anna@example.com", PASSWORD),
        guest.post(auth("sm_users", "auth-with-password"), {}),
        guest.send("POST", auth("sm_users", "auth-with-password"), "{"),
        su.patch(
            collections("sm_users"),
            {
                "passwordAuth": {"enabled": True, "identityFields": ["nick", "email"]},
                "indexes": ["create unique index sm_nick on sm_users (nick)"],
            },
        ),
        guest.get(auth("sm_users", "auth-methods")),
        sign_in("sm_users", "Nick", PASSWORD),
        sign_in("sm_users", "nick", PASSWORD),
        sign_in("sm_users", "sm_anna@example.com", PASSWORD),
        guest.post(
            auth("sm_users", "auth-with-password"),
            {"identity": "Nick", "password": PASSWORD, "identityField": "email"},
        ),
        guest.post(
            auth("sm_users", "auth-with-password"),
            {"identity": "Nick", "password": PASSWORD, "identityField": "nick"},
        ),
        su.patch(
            collections("sm_users"),
            {"indexes": ["create unique index sm_nick on sm_users (nick collate nocase)"]},
        ),
        sign_in("sm_users", "nICK", PASSWORD),
        su.patch(collections("sm_users"), {"passwordAuth": {"identityFields": ["nick"]}}),
        sign_in("sm_users", "sm_anna@example.com", PASSWORD),
        sign_in("sm_users", "Nick", PASSWORD),
        guest.get(auth("sm_users", "auth-methods")),
    ),
    scenario(
        "expand and hidden fields in the answer",
        auth_collection("sx_users", field("text", "hid", hidden=True), id="sx_users_id"),
        base(
            "sx_posts", field("relation", "owner", collectionId="sx_users_id"), field("text", "t")
        ),
        user("sx_users", "sxanna000000001", "sx_anna", hid="h"),
        su.post(records("sx_posts"), {"owner": "sxanna000000001", "t": "x"}),
        guest.post(
            auth("sx_users", "auth-with-password", expand="sx_posts_via_owner"),
            {"identity": "sx_anna@example.com", "password": PASSWORD},
        ),
        Actor("sx_anna").post(auth("sx_users", "auth-refresh", expand="sx_posts_via_owner")),
        Actor("sx_anna").post(
            auth("sx_users", "auth-refresh", expand="sx_posts_via_owner", fields="*,record.email")
        ),
        Actor("sx_anna").get(records("sx_posts", expand="owner")),
        guest.get(records("sx_posts", expand="owner")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

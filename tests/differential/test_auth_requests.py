"""The endpoints that send a mail, while no mail can be sent, and impersonation (contract 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, base, field, sign_in, user, view
from tests.differential.steps import Actor, auth, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Json, Step

PASSWORD = "1234567890"
ADDRESSES = (
    "",
    " ",
    "nope",
    "a@b",
    "a@b.co",
    " ar_anna@example.com",
    "ar_anna@example.com ",
    "AR_ANNA@example.com",
    "ar_anna@example.com",
    "nobody@example.com",
    "\u00e9@example.com",
    "a@\u00e9xample.com",
    "x" * 250 + "@b.co",
    "x" * 64 + "@example.com",
    "a b@example.com",
    '"a b"@example.com',
    "a@[127.0.0.1]",
    "a@example.com\n",
    "Anna <ar_anna@example.com>",
)
BODIES: tuple[Json, ...] = ({}, [], None, {"email": None}, {"email": 5}, {"email": ["a@b.co"]})


def addresses(path: str, key: str = "email", actor: Actor = guest) -> list[Step]:
    """Submit addresses of every kind, and bodies of every shape."""
    return [
        *(actor.post(path, {key: text}) for text in ADDRESSES),
        *(actor.post(path, body) for body in BODIES),
        actor.send("POST", path, "{"),
        actor.send("POST", path, "x", "text/plain"),
        actor.form(path, [(key, "nope")]),
        actor.multipart(path, [(key, "")]),
        actor.post(path, {key.upper(): "nope"}),
        actor.post(path + "?" + key + "=a@b.co", {}),
        actor.get(path),
    ]


def places(action: str, body: Json) -> list[Step]:
    names = ("ar_base", "ar_view", "ar_nope", "AR_USERS", "_superusers", "_otps")
    return [guest.post(auth(name, action), body) for name in names]


ANNA = Actor("ar_anna")
CHANGE = auth("ar_users", "request-email-change")

SCENARIOS = [
    scenario(
        "asking for mails",
        auth_collection("ar_users"),
        auth_collection("ar_others"),
        base("ar_base"),
        view("ar_view", "select id from ar_users"),
        user("ar_users", "aranna000000001", "ar_anna"),
        user("ar_users", "arbert000000002", "ar_bert", verified=True),
        user("ar_others", "arother00000003", "ar_other"),
        addresses(auth("ar_users", "request-verification")),
        places("request-verification", {"email": "nope"}),
        places("request-verification", {"email": "a@example.com"}),
        guest.post(auth("ar_users", "request-verification"), {"email": "ar_bert@example.com"}),
        guest.post(auth("_superusers", "request-verification"), {"email": "root@example.com"}),
        addresses(auth("ar_users", "request-password-reset")),
        places("request-password-reset", {"email": "nope"}),
        places("request-password-reset", {"email": "a@example.com"}),
        guest.post(auth("_superusers", "request-password-reset"), {"email": "root@example.com"}),
        su.patch(collections("ar_users"), {"passwordAuth": {"enabled": False}}),
        guest.post(auth("ar_users", "request-password-reset"), {"email": "ar_bert@example.com"}),
        guest.post(auth("ar_users", "request-password-reset"), {"email": "nope"}),
        guest.send("POST", auth("ar_users", "request-password-reset"), "{"),
        su.patch(collections("ar_users"), {"passwordAuth": {"enabled": True}}),
        addresses(CHANGE, "newEmail"),
        addresses(CHANGE, "newEmail", ANNA),
        addresses(CHANGE, "newEmail", Actor("ar_other"))[:3],
        addresses(CHANGE, "newEmail", su)[:3],
        ANNA.post(CHANGE, {"newEmail": "ar_bert@example.com"}),
        ANNA.post(CHANGE, {"newEmail": "AR_BERT@example.com"}),
        ANNA.post(CHANGE, {"newEmail": "ar_other@example.com"}),
        ANNA.post(auth("ar_others", "request-email-change"), {"newEmail": "a@example.com"}),
        ANNA.post(auth("ar_nope", "request-email-change"), {"newEmail": "a@example.com"}),
        ANNA.post(auth("ar_base", "request-email-change"), {"newEmail": "a@example.com"}),
        su.post(auth("_superusers", "request-email-change"), {"newEmail": "a@example.com"}),
        guest.post(auth("_superusers", "confirm-email-change"), {}),
        guest.post(auth("_superusers", "confirm-verification"), {}),
        guest.send("POST", auth("_superusers", "confirm-verification"), "{"),
        su.get(records("ar_users", sort="id")),
    ),
    scenario(
        "impersonation",
        auth_collection("im_users", field("text", "hid", hidden=True), id="im_users_id"),
        base("im_base", field("relation", "owner", collectionId="im_users_id")),
        user("im_users", "imanna000000001", "im_anna", hid="h"),
        su.post(records("im_base"), {"owner": "imanna000000001"}),
        *(
            actor.post(auth(name, f"impersonate/{record}"), body)
            for actor in (guest, Actor("im_anna"), su)
            for name, record, body in (
                ("im_users", "imanna000000001", None),
                ("im_users", "imanna000000001", {"duration": 100}),
                ("im_users", "imanna000000001", {"duration": 0}),
                ("im_users", "imanna000000001", {"duration": -1}),
                ("im_users", "imanna000000001", {"duration": 1.5}),
                ("im_users", "imanna000000001", {"duration": "100"}),
                ("im_users", "imanna000000001", {"duration": None}),
                ("im_users", "imanna000000001", {"DURATION": 5}),
                ("im_users", "imanna000000001", []),
                ("im_users", "unknownunknown1", {"duration": -1}),
                ("im_base", "imanna000000001", {}),
                ("im_nope", "imanna000000001", {}),
                ("im_users_id", "imanna000000001", {}),
            )
        ),
        su.send("POST", auth("im_users", "impersonate/imanna000000001"), "{"),
        su.send("POST", auth("im_users", "impersonate/imanna000000001"), "x", "text/plain"),
        su.form(auth("im_users", "impersonate/imanna000000001"), [("duration", "50")]),
        su.form(auth("im_users", "impersonate/imanna000000001"), [("duration", "x")]),
        su.post(auth("im_users", "impersonate/imanna000000001", expand="im_base_via_owner")),
        su.post(auth("im_users", "impersonate/imanna000000001", fields="token"), save="im_token"),
        Actor("im_token").get(records("im_users")),
        Actor("im_token").post(auth("im_users", "auth-refresh")),
        su.patch(
            collections("im_users"),
            {"authRule": None, "mfa": {"enabled": True}, "otp": {"enabled": True}},
        ),
        su.post(auth("im_users", "impersonate/imanna000000001"), {"duration": 100}),
        Actor("im_token").post(auth("im_users", "auth-refresh")),
        su.patch(collections("im_users"), {"authRule": "verified = true"}),
        su.post(auth("im_users", "impersonate/imanna000000001"), {"duration": 100}),
        sign_in("im_users", "im_anna@example.com", PASSWORD),
        su.get(records("_superusers", fields="id"), save="roots"),
        su.post(auth("_superusers", "impersonate/{roots.items.0.id}"), {"duration": 100}),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

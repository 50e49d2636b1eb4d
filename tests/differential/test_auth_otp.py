"""One-time passwords and multi-factor sign-in (contract 8.5, A.5).

The codes are known because the superuser writes them into `_otps`; what PocketBase mails is
followed in `test_auth_data_dir.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, base, field, sign_in, user
from tests.differential.steps import (
    Actor,
    auth,
    collections,
    fixture,
    guest,
    records,
    scenario,
    su,
)

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Json, Step

PASSWORD = "1234567890"
CODE = "12345678"
ON = {"otp": {"enabled": True, "duration": 300}}


def otp(collection: str, record_id: str, otp_id: str, **values: Json) -> Step:
    """Write a one-time password with a known code."""
    body = {"collectionRef": f"{collection}_id", "recordRef": record_id, "password": CODE}
    return fixture(su.post(records("_otps"), {"id": otp_id, **body, **values}))


def enter(collection: str, otp_id: Json, code: Json = CODE, **options: str) -> Step:
    """Sign in with a one-time password."""
    body = {"otpId": otp_id, "password": code}
    path = auth(collection, "auth-with-otp")
    mfa_id = options.pop("mfaId", "")
    if mfa_id:
        body["mfaId"] = mfa_id
    return guest.post(path, body, **options)  # type: ignore[arg-type]


def users(prefix: str, *people: tuple[str, dict[str, Json]]) -> list[Step]:
    name = f"{prefix}_users"
    steps = [
        auth_collection(name, field("text", "hid", hidden=True), id=f"{name}_id"),
        fixture(su.patch(collections(name), ON)),
    ]
    for person, values in people:
        steps += user(name, f"{prefix}{person}0000000001"[:15], f"{prefix}_{person}", **values)
    return steps


def password_with(collection: str, email: str, mfa_id: str, *, in_query: bool = False) -> Step:
    body = {"identity": email, "password": PASSWORD}
    if in_query:
        return guest.post(auth(collection, "auth-with-password", mfaId=mfa_id), body)
    return guest.post(auth(collection, "auth-with-password"), {**body, "mfaId": mfa_id})


USE = auth("ot_users", "auth-with-otp")
ASK = auth("ot_users", "request-otp")

ASK_BODIES: tuple[Json, ...] = ({}, [], None, {"email": 5})
USE_BODIES: tuple[Json, ...] = ({}, [], None, {"otpId": 5}, {"password": "x"})

SCENARIOS = [
    scenario(
        "forms and refusals",
        users("ot", ("anna", {"hid": "h"})),
        auth_collection("ot_off"),
        auth_collection("ot_others"),
        fixture(su.patch(collections("ot_others"), ON)),
        base("ot_base"),
        guest.get(auth("ot_users", "auth-methods")),
        *(
            guest.post(auth(name, action), body)
            for name in ("ot_off", "ot_base", "ot_nope", "_superusers")
            for action in ("request-otp", "auth-with-otp")
            for body in ({}, {"email": "a@example.com", "otpId": "a", "password": "b"})
        ),
        guest.send("POST", auth("ot_off", "request-otp"), "{"),
        *(
            guest.post(ASK, {"email": text})
            for text in ("", "nope", "ot_nobody@example.com", "ot_anna@example.com", "x" * 256)
        ),
        *(guest.post(ASK, body) for body in ASK_BODIES),
        guest.send("POST", ASK, "{"),
        guest.send("POST", ASK, "x", "text/plain"),
        guest.form(ASK, [("email", "ot_nobody@example.com")]),
        guest.get(ASK),
        *(guest.post(USE, body) for body in USE_BODIES),
        enter("ot_users", "", ""),
        enter("ot_users", "x" * 256, "x" * 72),
        enter("ot_users", "x" * 255, "x" * 71),
        enter("ot_users", "x", "\u00e9" * 36),
        enter("ot_users", "unknownunknown1"),
        guest.send("POST", USE, "{"),
        guest.send("POST", USE, "x", "text/plain"),
        guest.form(USE, [("otpId", "x"), ("password", "y")]),
        guest.get(USE),
        otp("ot_users", "otanna000000000", "otpone000000001"),
        enter("ot_users", "otpone000000001", "wrong"),
        enter("ot_others", "otpone000000001"),
        enter("ot_users", "OTPONE000000001"),
        enter("ot_users", "otpone000000001", save="ot_signed"),
        enter("ot_users", "otpone000000001"),
        Actor("ot_signed").post(auth("ot_users", "auth-refresh")),
        su.get(records("_otps", filter='recordRef="otanna000000000" && sentTo!=""')),
        otp("ot_users", "otanna000000000", "otptwo000000001"),
        guest.post(
            auth("ot_users", "auth-with-otp", fields="token,record.email"),
            {"otpId": "otptwo000000001", "password": CODE},
        ),
        otp("ot_users", "otanna000000000", "otpthree0000001"),
        su.patch(collections("ot_users"), {"authRule": "verified = true"}),
        enter("ot_users", "otpthree0000001"),
        enter("ot_users", "otpthree0000001"),
        otp("ot_users", "otanna000000000", "otpfour00000001"),
        su.patch(collections("ot_users"), {"authRule": '@request.context = "otp"'}),
        enter("ot_users", "otpfour00000001"),
    ),
    scenario(
        "five tries",
        users("of", ("anna", {}), ("bert", {})),
        otp("of_users", "ofanna000000000", "offirst00000001"),
        otp("of_users", "ofanna000000000", "ofsecond0000001"),
        otp("of_users", "ofbert000000000", "ofbert000000001"),
        *(enter("of_users", "offirst00000001", f"wrong{number}") for number in range(4)),
        enter("of_users", "ofsecond0000001", "wrong"),
        enter("of_users", "ofsecond0000001"),
        enter("of_users", "offirst00000001"),
        enter("of_users", "unknownunknown1"),
        enter("of_users", "ofbert000000001"),
    ),
    scenario(
        "what a sign-in changes",
        users(
            "ov",
            ("anna", {}),
            ("bert", {"verified": True}),
            ("cleo", {}),
            ("dora", {}),
            ("emil", {}),
        ),
        otp("ov_users", "ovanna000000000", "ovanna000000001", sentTo="ov_anna@example.com"),
        otp("ov_users", "ovbert000000000", "ovbert000000001", sentTo="ov_bert@example.com"),
        otp("ov_users", "ovcleo000000000", "ovcleo000000001"),
        otp("ov_users", "ovdora000000000", "ovdora000000001", sentTo="other@example.com"),
        otp("ov_users", "ovdora000000000", "ovdora000000002", sentTo="OV_DORA@example.com"),
        enter("ov_users", "ovanna000000001", save="ov_anna"),
        Actor("ov_anna").post(auth("ov_users", "auth-refresh")),
        sign_in("ov_users", "ov_anna@example.com", PASSWORD),
        enter("ov_users", "ovbert000000001"),
        sign_in("ov_users", "ov_bert@example.com", PASSWORD),
        enter("ov_users", "ovcleo000000001"),
        sign_in("ov_users", "ov_cleo@example.com", PASSWORD),
        enter("ov_users", "ovdora000000001"),
        enter("ov_users", "ovdora000000002"),
        sign_in("ov_users", "ov_dora@example.com", PASSWORD),
        su.get(records("ov_users", sort="id")),
        otp("ov_users", "ovemil000000000", "ovemil000000001"),
        su.patch(records("ov_users", "ovemil000000000"), {"email": "ov_new@example.com"}),
        enter("ov_users", "ovemil000000001"),
        otp("ov_users", "ovemil000000000", "ovemil000000002"),
        su.patch(collections("ov_users"), {"otp": {"enabled": False}}),
        enter("ov_users", "ovemil000000002"),
        su.patch(collections("ov_users"), {"otp": {"enabled": True}}),
        su.delete(records("ov_users", "ovemil000000000")),
        enter("ov_users", "ovemil000000002"),
        su.get(records("_otps", filter='collectionRef="ov_users_id"')),
    ),
    scenario(
        "two methods",
        users("mf", ("anna", {}), ("bert", {})),
        fixture(su.patch(collections("mf_users"), {"mfa": {"enabled": True, "duration": 300}})),
        guest.get(auth("mf_users", "auth-methods")),
        sign_in("mf_users", "mf_anna@example.com", PASSWORD, save="first"),
        sign_in("mf_users", "mf_anna@example.com", "wrong"),
        su.get(records("_mfas", fields="method,recordRef,collectionRef")),
        password_with("mf_users", "mf_anna@example.com", "{first.mfaId}"),
        password_with("mf_users", "mf_anna@example.com", "unknownunknown1"),
        password_with("mf_users", "mf_bert@example.com", "{first.mfaId}"),
        password_with("mf_users", "mf_anna@example.com", "{first.mfaId}", in_query=True),
        otp("mf_users", "mfbert000000000", "mfbert000000001"),
        enter("mf_users", "mfbert000000001", mfaId="{first.mfaId}"),
        otp("mf_users", "mfanna000000000", "mfanna000000001"),
        enter("mf_users", "mfanna000000001", mfaId="{first.mfaId}", save="mf_anna"),
        Actor("mf_anna").post(auth("mf_users", "auth-refresh")),
        otp("mf_users", "mfanna000000000", "mfanna000000002"),
        enter("mf_users", "mfanna000000002", mfaId="{first.mfaId}"),
        otp("mf_users", "mfbert000000000", "mfbert000000002", sentTo="mf_bert@example.com"),
        enter("mf_users", "mfbert000000002", save="second"),
        su.get(records("mf_users", "mfbert000000000")),
        password_with("mf_users", "mf_bert@example.com", "{second.mfaId}", in_query=True),
        password_with("mf_users", "mf_bert@example.com", "{second.mfaId}"),
        su.get(records("_mfas", filter='collectionRef="mf_users_id"', fields="method")),
        sign_in("mf_users", "mf_bert@example.com", PASSWORD, save="third"),
        su.patch(
            records("mf_users", "mfbert000000000"),
            {"password": "abcdefghij", "passwordConfirm": "abcdefghij"},
        ),
        otp("mf_users", "mfbert000000000", "mfbert000000003"),
        enter("mf_users", "mfbert000000003", mfaId="{third.mfaId}"),
    ),
    scenario(
        "the MFA rule",
        users("mr", ("anna", {"verified": True}), ("bert", {})),
        fixture(
            su.patch(
                collections("mr_users"),
                {"mfa": {"enabled": True, "duration": 300, "rule": "verified = true"}},
            )
        ),
        sign_in("mr_users", "mr_anna@example.com", PASSWORD),
        sign_in("mr_users", "mr_bert@example.com", PASSWORD),
        *(
            su.post(
                auth("mr_users", "auth-with-password"),
                {"identity": f"mr_{name}@example.com", "password": PASSWORD},
            )
            for name in ("anna", "bert")
        ),
        su.patch(collections("mr_users"), {"mfa": {"rule": '@request.context = "otp"'}}),
        sign_in("mr_users", "mr_anna@example.com", PASSWORD),
        otp("mr_users", "mranna000000000", "mranna000000001"),
        enter("mr_users", "mranna000000001"),
        su.patch(collections("mr_users"), {"mfa": {"rule": "@request.body.mfaId = ''"}}),
        sign_in("mr_users", "mr_anna@example.com", PASSWORD),
        password_with("mr_users", "mr_anna@example.com", "unknownunknown1"),
        su.patch(collections("mr_users"), {"mfa": {"enabled": False}}),
        sign_in("mr_users", "mr_anna@example.com", PASSWORD),
        password_with("mr_users", "mr_anna@example.com", "unknownunknown1"),
    ),
    scenario(
        "superusers",
        su.patch(collections("_superusers"), {"otp": {"enabled": True}}),
        guest.get(auth("_superusers", "auth-methods")),
        guest.post(auth("_superusers", "request-otp"), {"email": "nobody@example.com"}),
        guest.post(auth("_superusers", "request-otp"), {"email": "root@example.com"}),
        su.get(records("_superusers", fields="id,collectionId"), save="roots"),
        su.post(
            records("_otps"),
            {
                "id": "suotp0000000001",
                "collectionRef": "{roots.items.0.collectionId}",
                "recordRef": "{roots.items.0.id}",
                "password": CODE,
            },
        ),
        enter("_superusers", "suotp0000000001", save="root"),
        Actor("root").get(collections(fields="items.name", perPage="1")),
        su.patch(collections("_superusers"), {"otp": {"enabled": False}}),
    ),
    scenario(
        "origins",
        users("og", ("anna", {})),
        su.get(records("_authOrigins", filter='collectionRef="og_users_id"', fields="fingerprint")),
        *(
            guest.post(
                auth("og_users", "auth-with-password"),
                {"identity": "og_anna@example.com", "password": PASSWORD},
                headers={"User-Agent": agent},
            )
            for agent in ("one", "x" * 200, "x" * 201, "caf\u00c3\u00a9")
        ),
        su.get(records("_authOrigins", filter='collectionRef="og_users_id"', fields="fingerprint")),
        su.patch(collections("og_users"), {"authAlert": {"enabled": False}}),
        sign_in("og_users", "og_anna@example.com", PASSWORD),
        su.patch(
            records("og_users", "oganna000000000"),
            {"password": "abcdefghij", "passwordConfirm": "abcdefghij"},
        ),
        su.get(records("_authOrigins", filter='collectionRef="og_users_id"', fields="fingerprint")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

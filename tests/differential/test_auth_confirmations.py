"""The endpoints that take a token from a mail, with tokens of every kind (contract 8.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.action_tokens import action_token, auth_users, known_user
from tests.differential.batteries import base, sign_in
from tests.differential.steps import Actor, auth, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Step

PASSWORD = "1234567890"
NEW = "0987654321"


def bad_tokens(collection: str, other: str, record_id: str, kind: str, **claims: Any) -> list[str]:
    """Return tokens that prove nothing, all but the first of them well-formed."""

    def token(**changes: Any) -> str:
        return action_token(collection, record_id, kind, **{**claims, **changes})

    good = token()
    return [
        "nope",
        "a.b.c",
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        good + ".x",
        token(exp=1),
        token(exp=None),
        token(exp="soon"),
        token(id=None),
        token(id="unknownunknown1"),
        token(id=5),
        token(collectionId=None),
        token(collectionId=collection),
        token(collectionId=f"{other}_id"),
        token(type=None),
        token(type="auth"),
        token(type="file"),
        token(email=None),
        token(email=5),
        token(email="someone@example.com"),
        token(newEmail=None),
        token(newEmail=""),
        token(newEmail=["a@example.com"]),
    ]


def battery(path: str, tokens: list[str], **rest: Any) -> list[Step]:
    return [
        guest.post(path, {"token": token, **rest}, title=f"bad token {number}")
        for number, token in enumerate(tokens)
    ]


def forms(path: str, *keys: str) -> list[Step]:
    """Return bodies of the wrong shape."""
    return [
        guest.post(path),
        guest.post(path, {}),
        guest.post(path, []),
        guest.send("POST", path, "{"),
        guest.send("POST", path, "x", "text/plain"),
        guest.post(path, dict.fromkeys(keys, "")),
        guest.post(path, dict.fromkeys(keys)),
        guest.post(path, dict.fromkeys(keys, 5)),
        guest.post(path, dict.fromkeys(keys, "x" * 256)),
        guest.post(path, dict.fromkeys(keys, "\u00e9" * 200)),
        guest.post(path, {key.upper(): "x" for key in keys}),
        guest.form(path, [(key, "x") for key in keys]),
        guest.multipart(path, [(key, "x") for key in keys]),
        guest.get(path),
    ]


def places(action: str, prefix: str, body: Any) -> list[Step]:
    """Return the endpoint on collections of every kind."""
    names = (f"{prefix}_base", f"{prefix}_nope", "_superusers", "_otps", f"{prefix.upper()}_USERS")
    return [guest.post(auth(name, action), body) for name in names]


ANNA, BERT = "cvanna000000001", "cvbert000000002"
RESET_ANNA, RESET_BERT = "cpanna000000003", "cpbert000000004"
CHANGE_ANNA, CHANGE_BERT = "ceanna000000005", "cebert000000006"
OTHER_ANNA = "cqanna000000007"
VERIFY = auth("cv_users", "confirm-verification")
RESET = auth("cp_users", "confirm-password-reset")
CHANGE = auth("ce_users", "confirm-email-change")

RESET_TOKEN = action_token("cp_users", RESET_ANNA, "passwordReset", email="cp_anna@example.com")
VERIFY_TOKEN = action_token("cv_users", ANNA, "verification", email="cv_anna@example.com")


def change_token(new_email: str, record_id: str = CHANGE_ANNA, **claims: Any) -> str:
    return action_token("ce_users", record_id, "emailChange", newEmail=new_email, **claims)


SCENARIOS = [
    scenario(
        "verification",
        auth_users("cv_users"),
        auth_users("cv_others"),
        base("cv_base"),
        known_user("cv_users", ANNA, "cv_anna"),
        known_user("cv_users", BERT, "cv_bert"),
        forms(VERIFY, "token"),
        places("confirm-verification", "cv", {"token": VERIFY_TOKEN[:-1]}),
        battery(
            VERIFY,
            bad_tokens("cv_users", "cv_others", ANNA, "verification", email="cv_anna@example.com"),
        ),
        guest.post(auth("cv_others", "confirm-verification"), {"token": VERIFY_TOKEN}),
        su.get(records("cv_users", ANNA)),
        guest.post(VERIFY, {"token": VERIFY_TOKEN}),
        su.get(records("cv_users", ANNA)),
        guest.post(VERIFY, {"token": VERIFY_TOKEN}),
        sign_in("cv_users", "cv_anna@example.com", PASSWORD, save="cv_anna"),
        Actor("cv_anna").post(auth("cv_users", "auth-refresh")),
        su.patch(collections("cv_users"), {"passwordAuth": {"enabled": False}}),
        guest.post(
            VERIFY,
            {"token": action_token("cv_users", BERT, "verification", email="cv_bert@example.com")},
        ),
        su.get(records("cv_users", BERT)),
        su.patch(collections("cv_users"), {"passwordAuth": {"enabled": True}}),
        sign_in("cv_users", "cv_bert@example.com", PASSWORD),
        su.patch(records("cv_users", ANNA), {"email": "cv_new@example.com"}),
        guest.post(VERIFY, {"token": VERIFY_TOKEN}),
    ),
    scenario(
        "password reset",
        auth_users("cp_users"),
        auth_users("cp_others"),
        base("cp_base"),
        known_user("cp_users", RESET_ANNA, "cp_anna"),
        known_user("cp_users", RESET_BERT, "cp_bert", verified=True),
        forms(RESET, "token", "password", "passwordConfirm"),
        places(
            "confirm-password-reset",
            "cp",
            {"token": "nope", "password": NEW, "passwordConfirm": NEW},
        ),
        battery(
            RESET,
            bad_tokens("cp_users", "cp_others", RESET_ANNA, "passwordReset"),
            password="short",
            passwordConfirm=NEW,
        ),
        *(
            guest.post(RESET, {"token": RESET_TOKEN, "password": one, "passwordConfirm": other})
            for one, other in (
                ("", ""),
                ("1234567", "1234567"),
                (NEW, ""),
                (NEW, "other"),
                ("", NEW),
                ("x" * 256, "x" * 256),
                ("x" * 73, "x" * 73),
                ("x" * 72, "y" * 72),
                ("\u00e9" * 4, "\u00e9" * 4),
                ("\u00e9" * 7, "\u00e9" * 7),
            )
        ),
        guest.post(
            auth("cp_others", "confirm-password-reset"),
            {"token": RESET_TOKEN, "password": NEW, "passwordConfirm": NEW},
        ),
        Actor("cp_anna").post(auth("cp_users", "auth-refresh")),
        su.get(records("cp_users", RESET_ANNA)),
        su.patch(collections("cp_users"), {"passwordAuth": {"enabled": False}}),
        su.patch(collections("cp_users"), {"passwordAuth": {"enabled": True}}),
        guest.post(
            RESET, {"token": RESET_TOKEN, "password": "x" * 73, "passwordConfirm": "x" * 73}
        ),
        guest.post(RESET, {"token": RESET_TOKEN, "password": NEW, "passwordConfirm": NEW}),
        guest.post(RESET, {"token": RESET_TOKEN, "password": NEW, "passwordConfirm": NEW}),
        Actor("cp_anna").post(auth("cp_users", "auth-refresh")),
        sign_in("cp_users", "cp_anna@example.com", PASSWORD),
        sign_in("cp_users", "cp_anna@example.com", NEW, save="cp_anna"),
        su.get(records("cp_users", RESET_ANNA)),
        Actor("cp_anna").post(auth("cp_users", "auth-refresh")),
        guest.post(
            RESET,
            {
                "token": action_token(
                    "cp_users", RESET_BERT, "passwordReset", email="x@example.com"
                ),
                "password": NEW,
                "passwordConfirm": NEW,
            },
        ),
        sign_in("cp_users", "cp_bert@example.com", NEW),
    ),
    scenario(
        "a reset token of another email does not verify",
        auth_users("cq_users"),
        known_user("cq_users", OTHER_ANNA, "cq_anna"),
        guest.post(
            auth("cq_users", "confirm-password-reset"),
            {
                "token": action_token(
                    "cq_users", OTHER_ANNA, "passwordReset", email="x@example.com"
                ),
                "password": NEW,
                "passwordConfirm": NEW,
            },
        ),
        su.get(records("cq_users", OTHER_ANNA)),
        sign_in("cq_users", "cq_anna@example.com", NEW),
    ),
    scenario(
        "email change",
        auth_users("ce_users"),
        auth_users("ce_others"),
        base("ce_base"),
        known_user("ce_users", CHANGE_ANNA, "ce_anna"),
        known_user("ce_users", CHANGE_BERT, "ce_bert"),
        forms(CHANGE, "token", "password"),
        places("confirm-email-change", "ce", {"token": "nope", "password": PASSWORD}),
        battery(
            CHANGE,
            bad_tokens(
                "ce_users", "ce_others", CHANGE_ANNA, "emailChange", newEmail="ce_n@example.com"
            )[:-6],
            password=PASSWORD,
        ),
        battery(
            CHANGE,
            [
                change_token(""),
                change_token("ce_bert@example.com"),
                change_token("ce_anna@example.com"),
                change_token("CE_BERT@example.com"),
                change_token("no address"),
                change_token("x" * 250 + "@example.com"),
            ],
            password=PASSWORD,
        ),
        battery(CHANGE, [change_token("ce_new@example.com")], password="wrong"),
        battery(CHANGE, [change_token("ce_new@example.com")], password=""),
        battery(CHANGE, [change_token("ce_new@example.com")], password="x" * 101),
        battery(CHANGE, ["nope"], password="wrong"),
        guest.post(
            auth("ce_others", "confirm-email-change"),
            {"token": change_token("ce_new@example.com"), "password": PASSWORD},
        ),
        Actor("ce_anna").post(auth("ce_users", "auth-refresh")),
        guest.post(CHANGE, {"token": change_token("ce_new@example.com"), "password": PASSWORD}),
        guest.post(CHANGE, {"token": change_token("ce_new@example.com"), "password": PASSWORD}),
        guest.post(CHANGE, {"token": change_token("ce_other@example.com"), "password": PASSWORD}),
        Actor("ce_anna").post(auth("ce_users", "auth-refresh")),
        sign_in("ce_users", "ce_anna@example.com", PASSWORD),
        sign_in("ce_users", "ce_new@example.com", PASSWORD, save="ce_anna"),
        su.get(records("ce_users", CHANGE_ANNA)),
        Actor("ce_anna").post(auth("ce_users", "auth-refresh")),
        guest.post(
            CHANGE,
            {
                "token": change_token("ce_own@example.com", CHANGE_BERT, email="other@example.com"),
                "password": PASSWORD,
            },
        ),
        sign_in("ce_users", "ce_own@example.com", PASSWORD),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

"""Which record an OAuth2 user is, and what signing in changes about it (contract 8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, field, sign_in, user
from tests.differential.oauth2_steps import (  # noqa: F401
    PASSWORD,
    RANDOM,
    enter,
    oauth2,
    proven,
    provider,
    settings,
    users,
)
from tests.differential.steps import Actor, auth, collections, fixture, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

PUBLIC_FILES: dict[str, bytes] = {}

SCENARIOS = [
    scenario(
        "linking",
        users("ol_users", oauth2=oauth2(settings("oidc"), settings("oidc2"))),
        users("ol_others"),
        user("ol_users", "olunproven00001", "ol_unproven"),
        user("ol_users", "olproven0000001", "ol_proven", verified=True),
        user("ol_others", "olother00000001", "ol_other"),
        # by email, verified: keeps its password and its token
        enter("ol_users", sub="p", **proven("ol_proven@example.com"), save="x"),
        sign_in("ol_users", "ol_proven@example.com", PASSWORD),
        Actor("ol_proven").post(auth("ol_users", "auth-refresh")),
        # by an email that the provider does not vouch for: a new record
        enter("ol_users", sub="q", email="ol_proven@example.com"),
        enter("ol_users", sub="q", email="ol_proven@example.com", data={"email": "q@x.org"}),
        # by email, unverified: loses both
        enter("ol_users", sub="u", **proven("ol_unproven@example.com")),
        sign_in("ol_users", "ol_unproven@example.com", PASSWORD),
        Actor("ol_unproven").post(auth("ol_users", "auth-refresh")),
        enter("ol_users", sub="u", provider="oidc2", **proven("ol_unproven@example.com")),
        enter("ol_users", sub="u"),
        # email in another case
        enter("ol_users", sub="case", **proven("OL_PROVEN@example.com")),
        # while signed in
        enter("ol_users", sub="mine", actor=Actor("ol_proven"), email="x@y.org"),
        enter("ol_users", sub="mine", **proven("elsewhere@x.org")),
        enter("ol_users", sub="theirs", actor=Actor("ol_other"), **proven("theirs@x.org")),
        enter("ol_users", sub="theirs", actor=Actor("ol_proven")),
        enter("ol_users", sub="mine2", actor=Actor("ol_proven")),
        enter("ol_others", sub="mine", **proven("ol_proven@example.com")),
        su.get(
            records(
                "_externalAuths",
                sort="@rowid",
                filter="collectionRef != ''",
                fields="provider,providerId,recordRef,collectionRef",
            )
        ),
        su.get(records("ol_users", sort="@rowid", fields="id,email,verified")),
    ),
    scenario(
        "pre-hijacking",
        users("oh_users", oauth2=oauth2(settings("oidc"), settings("oidc2"), settings("oidc3"))),
        # an attacker signs up with the victim's address, which nobody has proven
        enter("oh_users", sub="attacker", data={"email": "victim@x.org"}, save="attacker"),
        enter("oh_users", sub="attacker"),
        # linking a second way while unverified: only one link is ever kept
        enter("oh_users", sub="att2", provider="oidc3", actor=Actor("attacker"), save="attacker2"),
        su.get(
            records("_externalAuths", sort="-@rowid", perPage=3, fields="provider,providerId"),
        ),
        enter("oh_users", sub="victim", provider="oidc2", **proven("victim@x.org")),
        enter("oh_users", sub="attacker"),
        Actor("attacker").post(auth("oh_users", "auth-refresh")),
        Actor("attacker2").post(auth("oh_users", "auth-refresh")),
        su.get(records("_externalAuths", sort="@rowid", fields="provider,providerId")),
        su.get(records("oh_users", sort="@rowid", fields="email,verified")),
    ),
    scenario(
        "own session, unverified",
        users("oo_users"),
        user("oo_users", "ooanna000000001", "oo_anna"),
        user("oo_users", "oobert000000001", "oo_bert"),
        enter("oo_users", sub="a", actor=Actor("oo_anna"), **proven("oo_anna@example.com")),
        sign_in("oo_users", "oo_anna@example.com", PASSWORD),
        Actor("oo_anna").post(auth("oo_users", "auth-refresh")),
        enter("oo_users", sub="b", actor=Actor("oo_bert"), **proven("other@example.com")),
        sign_in("oo_users", "oo_bert@example.com", PASSWORD),
        enter("oo_users", sub="b", **proven("other@example.com")),
        sign_in("oo_users", "oo_bert@example.com", PASSWORD),
        su.get(records("oo_users", sort="@rowid", fields="email,verified")),
    ),
    scenario(
        "without email",
        users("oe_users", fields=[CHEAP, field("email", "email", required=False, system=True)]),
        enter("oe_users", sub="a", save="oe_a"),
        enter("oe_users", sub="a"),
        enter("oe_users", sub="a", **proven("a@example.com")),
        enter("oe_users", sub="b", save="oe_b"),
        enter("oe_users", sub="b", **proven("a@example.com")),
        enter("oe_users", sub="c", email="c@example.com"),
        su.get(records("oe_users", sort="@rowid", fields="email,verified")),
        Actor("oe_b").get(records("_externalAuths", fields="provider,providerId")),
        guest.get(records("_externalAuths")),
    ),
    scenario(
        "unlinking",
        users("ou_users"),
        enter("ou_users", sub="a", **proven("a@example.com"), save="ou_a"),
        enter("ou_users", sub="b", **proven("b@example.com"), save="ou_b"),
        Actor("ou_a").get(records("_externalAuths"), save="links"),
        Actor("ou_b").delete(records("_externalAuths", "{links.items.0.id}")),
        guest.delete(records("_externalAuths", "{links.items.0.id}")),
        Actor("ou_a").patch(records("_externalAuths", "{links.items.0.id}"), {"providerId": "b"}),
        Actor("ou_a").post(
            records("_externalAuths"),
            {
                "collectionRef": "x",
                "recordRef": "{ou_a.record.id}",
                "provider": "oidc",
                "providerId": "z",
            },
        ),
        Actor("ou_a").delete(records("_externalAuths", "{links.items.0.id}")),
        Actor("ou_a").get(records("_externalAuths")),
        enter("ou_users", sub="a", **proven("a@example.com")),
        su.delete(records("ou_users", "{ou_a.record.id}")),
        enter("ou_users", sub="a", **proven("a@example.com")),
        su.get(records("_externalAuths", filter="providerId='a'", fields="provider,providerId")),
    ),
    scenario(
        "auth rule and expand",
        users("ox_users", field("bool", "banned"), authRule="banned = false"),
        enter("ox_users", sub="a", **proven("a@example.com"), data={"banned": True}),
        su.get(records("ox_users", fields="email,banned")),
        enter("ox_users", sub="a", **proven("a@example.com")),
        su.patch(collections("ox_users"), {"authRule": "@request.context = 'oauth2'"}, mask=RANDOM),
        enter("ox_users", sub="a", **proven("a@example.com")),
        su.patch(collections("ox_users"), {"authRule": None}, mask=RANDOM),
        enter("ox_users", sub="a", **proven("a@example.com")),
    ),
    scenario(
        "second factor",
        users("oz_users", mfa={"enabled": True, "duration": 600, "rule": ""}),
        fixture(
            su.post(
                records("oz_users"),
                {
                    "email": "a@example.com",
                    "password": PASSWORD,
                    "passwordConfirm": PASSWORD,
                    "verified": True,
                },
            )
        ),
        enter("oz_users", sub="a", **proven("a@example.com"), save="first"),
        enter("oz_users", sub="a", mfa="{first.mfaId}", title="same method"),
        guest.post(
            auth("oz_users", "auth-with-password"),
            {"identity": "a@example.com", "password": PASSWORD, "mfaId": "{first.mfaId}"},
        ),
        sign_in("oz_users", "a@example.com", PASSWORD, save="second"),
        enter("oz_users", sub="a", mfa="nope", title="unknown session"),
        enter("oz_users", sub="a", mfa="{second.mfaId}", title="password, then OAuth2"),
        enter("oz_users", sub="a", mfa="{second.mfaId}", title="once more"),
        enter("oz_users", sub="new", **proven("new@example.com")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

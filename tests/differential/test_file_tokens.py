"""Tokens for protected files: who gets one, what it opens (contract 10.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, base, field, user
from tests.differential.steps import (
    BOUNDARY,
    Actor,
    Step,
    auth,
    collections,
    encode_part,
    fixture,
    guest,
    records,
    scenario,
    su,
)

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

TOKEN = "/api/files/token"
ANNA = Actor("ft_anna")
BERT = Actor("ft_bert")
FORWARDED = "X-Forwarded-For"


def made(name: str, owner: str) -> Step:
    """Create a record with one protected file."""
    parts = [("owner", owner), ("secret", "a.txt", b"secret")]
    body = b"".join(encode_part(part) for part in parts)  # type: ignore[arg-type]
    body += f"--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return fixture(su.send("POST", records("ft_docs"), body, kind, save=name))


def file(token: str = "", actor: Actor = guest, ip: str = "") -> Step:
    """Ask for the file of the record, from an address that a proxy tells."""
    query = f"?token={token}" if token else ""
    headers = {FORWARDED: ip} if ip else {}
    return actor.get(f"/api/files/ft_docs/{{doc.id}}/{{doc.secret}}{query}", headers=headers)


def rule(text: str | None) -> Step:
    return fixture(su.patch(collections("ft_docs"), {"viewRule": text}))


SCENARIOS = [
    scenario(
        "tokens",
        auth_collection("ft_users"),
        base("ft_docs", field("text", "owner"), field("file", "secret", protected=True)),
        user("ft_users", "ftanna000000001", "ft_anna"),
        user("ft_users", "ftbert000000001", "ft_bert"),
        made("doc", "ftanna000000001"),
        guest.post(TOKEN),
        guest.post(TOKEN, headers={"Authorization": "nonsense"}),
        fixture(ANNA.post(TOKEN, save="anna")),
        fixture(BERT.post(TOKEN, {"x": 1}, save="bert")),
        fixture(su.post(TOKEN, save="root")),
        ANNA.post(TOKEN + "?fields=nope"),
        ANNA.send("POST", TOKEN, "{"),
        ANNA.get(TOKEN),
        [file(), file("nonsense"), file("{anna.token}"), file("", ANNA), file("", su)],
        rule("@request.auth.id = owner"),
        [file(), file("{anna.token}"), file("{bert.token}"), file("{root.token}")],
        [file("", ANNA), file("{bert.token}", ANNA), file("{anna.token}", BERT)],
        file("{ft_anna.token}"),
        ANNA.get(records("ft_docs", "{doc.id}"), headers={"Authorization": "{anna.token}"}),
        rule("@request.context = 'protectedFile' && @request.auth.id != ''"),
        [file(), file("{bert.token}")],
        rule(None),
        [file(), file("{anna.token}"), file("{root.token}"), file("", su)],
        fixture(
            su.patch(
                "/api/settings",
                {"superuserIPs": ["127.0.0.1"], "trustedProxy": {"headers": [FORWARDED]}},
            )
        ),
        file("{root.token}"),
        file("{root.token}", ip="9.9.9.9"),
        su.post(TOKEN, headers={FORWARDED: "9.9.9.9"}),
        fixture(su.patch("/api/settings", {"superuserIPs": [], "trustedProxy": None})),
        rule("@request.auth.id = owner"),
        fixture(
            su.patch(
                records("ft_users", "ftanna000000001"),
                {"password": "0987654321", "passwordConfirm": "0987654321"},
            )
        ),
        file("{anna.token}"),
        fixture(su.patch(collections("ft_users"), {"fileToken": {"secret": "s" * 40}})),
        file("{bert.token}"),
        guest.post(auth("ft_users", "auth-refresh"), headers={"Authorization": "{bert.token}"}),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

"""The mails of both servers: recipients, subjects, links, placeholders and text parts.

The page around the body is each server's own and is not compared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.differential.exchange import decode_json
from tests.differential.pair import start_twin
from tests.mailbox import Mailbox
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from tests.mailbox import Mail
    from tests.servers import Server

PASSWORD = "1234567890"
USERS = "/api/collections/members"
_BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
_OWN = (
    (re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+"), "TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z"), "TIME"),
    (re.compile(r"\b\d{8}\b"), "CODE"),
    (re.compile(r"\b[a-z0-9]{15}\b"), "ID"),
)
FIELDS: list[dict[str, Any]] = [
    {"name": "name", "type": "text"},
    {"name": "num", "type": "number"},
    {"name": "flag", "type": "bool"},
    {"name": "day", "type": "date"},
    {"name": "data", "type": "json"},
    {"name": "geo", "type": "geoPoint"},
    {"name": "one", "type": "select", "values": ["a<b", "c"]},
    {"name": "many", "type": "select", "values": ["a", "b"], "maxSelect": 2},
    {"name": "page", "type": "editor"},
    {"name": "site", "type": "url"},
    {"name": "hid", "type": "text", "hidden": True},
    {"name": "made", "type": "autodate", "onCreate": True},
]
VALUES = {
    "name": "<b>'Anna' & \"co\"</b>",
    "num": 1.5,
    "flag": True,
    "day": "2022-01-01 10:00:00.123Z",
    "data": {"b": [1, "<"], "a": None},
    "geo": {"lon": 1.25, "lat": -2},
    "one": "a<b",
    "many": ["b", "a"],
    "page": "<p>x</p>",
    "site": "https://example.com/?a=1&b=2",
    "hid": "hidden",
}
EVERYTHING = "|".join(
    [f"{{RECORD:{item['name']}}}" for item in FIELDS]
    + ["{RECORD:id}", "{RECORD:email}", "{RECORD:verified}", "{RECORD:password}"]
    + ["{RECORD:tokenKey}", "{RECORD:nope}", "{APP_NAME}", "{APP_URL}", "{OTP}", "{OTP_ID}"]
    + ["{TOKEN}", "{ALERT_INFO}", "{app_name}", "{}", "{"]
)
TEMPLATE = {"subject": EVERYTHING.replace("{RECORD:page}", ""), "body": f"<p>{EVERYTHING}</p>"}
TEMPLATES = (
    "verificationTemplate",
    "resetPasswordTemplate",
    "confirmEmailChangeTemplate",
)


class Client:
    """One server and its mailbox."""

    def __init__(self, server: Server, mailbox: Mailbox) -> None:
        self.url = server.base_url
        self.mailbox = mailbox
        self.root = {"Authorization": server.superuser_token}

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=30)
        assert answer.status_code < 300, answer.text
        return decode_json(answer.content)

    def mail(self, path: str, body: Any, **headers: str) -> Mail:
        """Return the mail that a request sends."""
        count = len(self.mailbox.mails)
        self.send("POST", path, body, **headers)
        return self.mailbox.wait(count + 1)[-1]

    def prepare(self) -> None:
        about = {"appName": "A & <B>", "appURL": "https://app.example.com/x/"}
        sender = {"senderName": "Us, \u00e9 & co", "senderAddress": "us@example.com"}
        settings = {"smtp": self.mailbox.smtp_settings, "meta": {**about, **sender}}
        self.send("PATCH", "/api/settings", settings, **self.root)
        body = {"name": "members", "type": "auth", "fields": FIELDS, "otp": {"enabled": True}}
        self.send("POST", "/api/collections", body, **self.root)

    def user(self, email: str) -> None:
        passwords = {"password": PASSWORD, "passwordConfirm": PASSWORD}
        self.send("POST", f"{USERS}/records", {"email": email, **passwords, **VALUES}, **self.root)

    def every_mail(self, name: str) -> dict[str, Mail]:
        """Have every kind of mail sent to a user."""
        email = {"email": f"{name}@example.com"}
        self.user(email["email"])
        credentials = {"identity": email["email"], "password": PASSWORD}
        sign_in = f"{USERS}/auth-with-password"
        token = self.send("POST", sign_in, credentials, **{"User-Agent": "one"})["token"]
        change = f"{USERS}/request-email-change"
        new = {"newEmail": f"{name}.new@example.com"}
        return {
            "verification": self.mail(f"{USERS}/request-verification", email),
            "password-reset": self.mail(f"{USERS}/request-password-reset", email),
            "otp": self.mail(f"{USERS}/request-otp", email),
            "alert": self.mail(sign_in, credentials, **{"User-Agent": "<i>two</i>"}),
            "email-change": self.mail(change, new, Authorization=token),
        }

    def samples(self) -> dict[str, Mail]:
        """Have every kind of sample mail sent."""
        kinds = ("verification", "password-reset", "email-change", "otp", "login-alert")
        return {
            f"test {kind}": self.mail(
                "/api/settings/test/email",
                {"template": kind, "email": "test@example.com", "collection": "members"},
                **self.root,
            )
            for kind in kinds
        }


def all_mails(client: Client) -> dict[str, Mail]:
    client.prepare()
    found = client.every_mail("anna")
    changed: dict[str, Any] = dict.fromkeys(TEMPLATES, TEMPLATE)
    changed |= {"otp": {"emailTemplate": TEMPLATE}, "authAlert": {"emailTemplate": TEMPLATE}}
    client.send("PATCH", USERS, changed, **client.root)
    found |= {f"own {kind}": mail for kind, mail in client.every_mail("bert").items()}
    return found | client.samples()


def normal(text: str) -> str:
    """Return text without what is made at random, and without blanks at the ends of lines."""
    for pattern, word in _OWN:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def seen(mail: Mail) -> dict[str, Any]:
    """Return what must be equal."""
    body = _BODY.search(mail.html.replace("\r\n", "\n"))
    assert body
    return {
        "recipients": mail.recipients,
        "sender": mail.sender,
        "from": str(mail.message["From"]),
        "to": str(mail.message["To"]),
        "subject": normal(" ".join(mail.subject.split())),
        "body": normal(body[1]),
        "text": normal(mail.text.replace("\r\n", "\n")),
    }


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Mail], dict[str, Mail]]:
    """All mails of PocketBase and of its twin, by their kind."""
    found = []
    for start in (start_pocketbase, start_twin):
        with Mailbox() as mailbox, start(tmp_path_factory.mktemp("server")) as server:
            found.append(all_mails(Client(server, mailbox)))
    return found[0], found[1]


KINDS = ("verification", "password-reset", "otp", "alert", "email-change")
SAMPLES = ("verification", "password-reset", "email-change", "otp", "login-alert")


@pytest.mark.parametrize(
    "kind",
    [*KINDS, *(f"own {kind}" for kind in KINDS), *(f"test {kind}" for kind in SAMPLES)],
)
def test_same_mail(kind: str, mails: tuple[dict[str, Mail], dict[str, Mail]]) -> None:
    left, right = (seen(side[kind]) for side in mails)
    assert right == left

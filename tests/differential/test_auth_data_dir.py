"""A sign-in begun in one server is finished in the other, on the same data directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.differential.pair import start_twin
from tests.mailbox import Mailbox
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mailbox import Mail
    from tests.servers import Server

PASSWORD, NEW_PASSWORD = "1234567890", "0987654321"
NAMES = ("otp", "mfa", "verify", "reset", "change")
USERS = "/api/collections/members"
STARTS: dict[str, Callable[[Path], Server]] = {"PocketBase": start_pocketbase, "twin": start_twin}


def email(name: str) -> str:
    return f"{name}@example.com"


class Client:
    """Requests to one server."""

    def __init__(self, server: Server) -> None:
        self.url = server.base_url
        self.root = {"Authorization": server.superuser_token}

    def send(self, method: str, path: str, body: Any, **headers: str) -> httpx.Response:
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=30)

    def as_root(self, method: str, path: str, body: Any = None) -> None:
        answer = self.send(method, path, body, **self.root)
        assert answer.status_code < 300, answer.text

    def post(self, action: str, body: Any, **headers: str) -> httpx.Response:
        return self.send("POST", f"{USERS}/{action}", body, **headers)

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        body = {"identity": email(name), "password": password, **more}
        return self.post("auth-with-password", body)


def prepare(client: Client, mailbox: Mailbox) -> None:
    client.as_root("PATCH", "/api/settings", {"smtp": mailbox.smtp_settings})
    options = {
        "otp": {"enabled": True, "duration": 300},
        "mfa": {"enabled": True, "duration": 300, "rule": "name = 'mfa'"},
        "authAlert": {"enabled": False},
    }
    field = {"name": "name", "type": "text"}
    body = {"name": "members", "type": "auth", "fields": [field], **options}
    client.as_root("POST", "/api/collections", body)
    for name in NAMES:
        passwords = {"password": PASSWORD, "passwordConfirm": PASSWORD}
        user = {"email": email(name), "name": name, "verified": name != "verify", **passwords}
        client.as_root("POST", f"{USERS}/records", user)


def begin(client: Client) -> dict[str, str]:
    """Begin every flow; return what the answers hold."""
    started = {}
    for name in ("otp", "mfa"):
        answer = client.post("request-otp", {"email": email(name)})
        started[name] = answer.json()["otpId"]
    first = client.sign_in("mfa")
    assert first.status_code == 401
    started["mfaId"] = first.json()["mfaId"]
    token = client.sign_in("change").json()["token"]
    new = {"newEmail": email("changed")}
    assert client.post("request-email-change", new, Authorization=token).status_code == 204
    for action, name in (("verification", "verify"), ("password-reset", "reset")):
        body = {"email": email(name)}
        assert client.post(f"request-{action}", body).status_code == 204
    started["token"] = token
    return started


def finish(client: Client, started: dict[str, str], mails: dict[str, Mail]) -> None:
    renewed = client.post("auth-refresh", {}, Authorization=started["token"])
    assert renewed.status_code == 200
    for name in ("otp", "mfa"):
        code = mails[email(name)].code
        body = {"otpId": started[name], "password": code, "mfaId": started["mfaId"]}
        wrong = client.post("auth-with-otp", {**body, "password": "wrong"})
        assert wrong.status_code == 400
        right = client.post("auth-with-otp", body)
        assert right.status_code == 200, right.text
        assert client.post("auth-with-otp", body).status_code == 400
    action, token = mails[email("verify")].link
    assert client.post(action, {"token": token}).status_code == 204
    action, token = mails[email("reset")].link
    body = {"token": token, "password": NEW_PASSWORD, "passwordConfirm": NEW_PASSWORD}
    assert client.post(action, body).status_code == 204
    assert client.post(action, body).status_code == 400
    assert client.sign_in("reset", NEW_PASSWORD).status_code == 200
    action, token = mails[email("changed")].link
    assert client.post(action, {"token": token, "password": PASSWORD}).status_code == 204
    assert client.sign_in("changed").status_code == 200


@pytest.mark.parametrize(("first", "second"), [("PocketBase", "twin"), ("twin", "PocketBase")])
def test_what_one_begins_the_other_finishes(first: str, second: str, tmp_path: Path) -> None:
    with Mailbox() as mailbox:
        with STARTS[first](tmp_path) as server:
            client = Client(server)
            prepare(client, mailbox)
            started = begin(client)
            mails = {mail.recipients[0]: mail for mail in mailbox.wait(len(NAMES))}
        with STARTS[second](tmp_path) as server:
            finish(Client(server), started, mails)

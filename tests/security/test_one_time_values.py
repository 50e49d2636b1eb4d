"""A one-time value counts once, also when many clients use it at the same moment.

Part 4 of the security cases: PocketBase lets one OTP in up to five times and one reset token
set sixteen passwords.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.differential.action_tokens import KEY, SECRET, TOKENS, action_token
from tests.servers import start_pbpy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers import Server

CLIENTS = 16
PASSWORD, CODE = "1234567890", "12345678"
EMAIL = "anna@example.com"
ANNA = "anna00000000001"
USERS = "/api/collections/members"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_pbpy(tmp_path_factory.mktemp("server")) as started:
        yield started


class Root:
    """The superuser."""

    def __init__(self, server: Server) -> None:
        headers = {"Authorization": server.superuser_token}
        self.client = httpx.Client(base_url=server.base_url, headers=headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def root(server: Server) -> Iterator[Root]:
    """A superuser, and a fresh collection with one user in it."""
    root = Root(server)
    options: dict[str, Any] = {token: {"secret": f"{token}{SECRET}"} for token in TOKENS}
    options |= {"id": "members_id", "name": "members", "type": "auth"}
    options |= {"otp": {"enabled": True}, "authAlert": {"enabled": False}}
    root.send("POST", "/api/collections", options)
    passwords = {"password": PASSWORD, "passwordConfirm": PASSWORD}
    user = {"id": ANNA, "email": EMAIL, "tokenKey": KEY[:-1] + "1", **passwords}
    root.send("POST", f"{USERS}/records", user)
    yield root
    root.send("DELETE", USERS)
    root.client.close()


def at_once(server: Server, send: Callable[[httpx.Client, int], httpx.Response]) -> list[int]:
    """Send one request from each of CLIENTS addresses at the same moment; return the statuses."""
    barrier = threading.Barrier(CLIENTS)

    def work(number: int) -> int:
        transport = httpx.HTTPTransport(local_address=f"127.0.1.{number + 1}")
        with httpx.Client(base_url=server.base_url, transport=transport, timeout=30) as client:
            client.get("/api/health")
            barrier.wait(10)
            return send(client, number).status_code

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sorted(pool.map(work, range(CLIENTS)))


def make_otp(root: Root) -> str:
    body = {"collectionRef": "members_id", "recordRef": ANNA, "password": CODE}
    otp_id: str = root.send("POST", "/api/collections/_otps/records", body)["id"]
    return otp_id


def test_one_otp_signs_one_client_in(server: Server, root: Root) -> None:
    body = {"otpId": make_otp(root), "password": CODE}
    statuses = at_once(server, lambda client, _: client.post(f"{USERS}/auth-with-otp", json=body))
    assert statuses == [200] + [400] * (CLIENTS - 1)


def test_one_mfa_session_completes_one_sign_in(server: Server, root: Root) -> None:
    root.send("PATCH", USERS, {"mfa": {"enabled": True}})
    first = httpx.post(
        f"{server.base_url}{USERS}/auth-with-password",
        json={"identity": EMAIL, "password": PASSWORD},
    )
    otps = [make_otp(root) for _ in range(CLIENTS)]

    def send(client: httpx.Client, number: int) -> httpx.Response:
        body = {"otpId": otps[number], "password": CODE, **first.json()}
        return client.post(f"{USERS}/auth-with-otp", json=body)

    assert at_once(server, send) == [200] + [400] * (CLIENTS - 1)
    assert root.send("GET", "/api/collections/_mfas/records")["totalItems"] == 0


def test_one_reset_token_sets_one_password(server: Server, root: Root) -> None:
    token = action_token("members", ANNA, "passwordReset", email=EMAIL)
    won: list[str] = []

    def send(client: httpx.Client, number: int) -> httpx.Response:
        password = f"password-{number}"
        body = {"token": token, "password": password, "passwordConfirm": password}
        answer = client.post(f"{USERS}/confirm-password-reset", json=body)
        if answer.status_code == 204:
            won.append(password)
        return answer

    assert at_once(server, send) == [204] + [400] * (CLIENTS - 1)
    signed_in = httpx.post(
        f"{server.base_url}{USERS}/auth-with-password",
        json={"identity": EMAIL, "password": won[0]},
    )
    assert signed_in.status_code == 200


def test_one_change_token_changes_one_email(server: Server, root: Root) -> None:
    def send(client: httpx.Client, number: int) -> httpx.Response:
        new = {"newEmail": f"new{number}@example.com"}
        token = action_token("members", ANNA, "emailChange", **new)
        body = {"token": token, "password": PASSWORD}
        return client.post(f"{USERS}/confirm-email-change", json=body)

    assert at_once(server, send) == [204] + [400] * (CLIENTS - 1)


def test_one_verification_token_may_come_often(server: Server, root: Root) -> None:
    token = action_token("members", ANNA, "verification", email=EMAIL)
    statuses = at_once(
        server,
        lambda client, _: client.post(f"{USERS}/confirm-verification", json={"token": token}),
    )
    assert statuses == [204] * CLIENTS
    assert root.send("GET", f"{USERS}/records/{ANNA}")["verified"] is True

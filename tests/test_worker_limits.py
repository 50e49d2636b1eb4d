"""What sign-in counts and keeps for a moment holds for all workers of a server together."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.auth.oauth2.apple import make_apple_code
from tests.auth.oauth2.scripted_provider import run_provider
from tests.auth.oauth2.site import PASSWORD, USERS
from tests.durability.clients import Client, together
from tests.mailbox import Mail, Mailbox
from tests.worker_processes import WORKERS, clients_of_all, owner, start, wait_until, worker_pids

if TYPE_CHECKING:
    import http.client
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Server

ATTEMPTS = 5
ANN = "ann@example.com"


class Crew:
    """A server with workers, a client of each, and the mails that all of them send."""

    def __init__(self, server: Server, mailbox: Mailbox, stack: contextlib.ExitStack) -> None:
        self.server = server
        self.mailbox = mailbox
        self._stack = stack
        self.meet()
        self.clients[0].do("PATCH", "/api/settings", {"smtp": mailbox.smtp_settings})
        self.clients[0].do("PATCH", USERS, {"otp": {"enabled": True}})

    def meet(self) -> None:
        """Find a client of each worker that runs now."""
        self.clients = clients_of_all(self.server, self._stack)

    def add(self, email: str = ANN) -> None:
        body = {"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD}
        self.clients[0].do("POST", f"{USERS}/records", body)

    def request_otp(self, client: Client) -> tuple[str, str]:
        """Return the id and the code of a new one-time password."""
        expected = len(self.mailbox.mails) + 1
        otp_id = client.do("POST", f"{USERS}/request-otp", {"email": ANN})["otpId"]
        return otp_id, self.mailbox.wait(expected)[-1].code

    def request_reset(self, client: Client) -> None:
        client.do("POST", f"{USERS}/request-password-reset", {"email": ANN})


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    with Mailbox() as mailbox, start(tmp_path) as server, contextlib.ExitStack() as stack:
        yield Crew(server, mailbox, stack)


def enter(client: Client, otp: tuple[str, str]) -> int:
    """Return the status of a sign-in by a one-time password."""
    body = {"otpId": otp[0], "password": otp[1]}
    return client.ask("POST", f"{USERS}/auth-with-otp", body).status


def test_one_time_passwords_are_tried_so_often_in_all(crew: Crew) -> None:
    crew.add()
    otp = crew.request_otp(crew.clients[0])
    wrong = (otp[0], "0")
    tries = [enter(crew.clients[number % WORKERS], wrong) for number in range(ATTEMPTS)]
    assert tries == [400] * ATTEMPTS
    assert [enter(client, otp) for client in crew.clients] == [429] * WORKERS

    killed = owner(crew.server, crew.clients[0]._connection)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(pids := worker_pids(crew.server)) == WORKERS and killed not in pids)
    crew.meet()
    another = crew.request_otp(crew.clients[0])
    assert [enter(client, another) for client in crew.clients] == [429] * WORKERS


def test_tries_of_one_moment_are_all_counted(crew: Crew) -> None:
    crew.add()
    wrong = (crew.request_otp(crew.clients[0])[0], "0")
    statuses = together(crew.server, 4 * ATTEMPTS, lambda client, _: enter(client, wrong))
    assert statuses.count(400) == ATTEMPTS
    assert statuses.count(429) == 3 * ATTEMPTS


def test_the_right_password_counts_in_any_worker(crew: Crew) -> None:
    """Without it the tests above would pass on a server that refuses everything."""
    crew.add()
    one, other = crew.clients
    otp = crew.request_otp(one)
    assert enter(other, (otp[0], "0")) == 400
    assert enter(other, otp) == 200
    assert enter(one, otp) == 400


def test_a_mail_is_sent_once(crew: Crew) -> None:
    emails = [f"user{number}@example.com" for number in range(8)]
    for email in emails:
        crew.add(email)

    def request(client: Client, number: int) -> None:
        for kind in ("verification", "password-reset"):
            email = emails[number % len(emails)]
            client.do("POST", f"{USERS}/request-{kind}", {"email": email})

    together(crew.server, 4 * len(emails), request)
    crew.mailbox.wait(2 * len(emails))
    assert crew.server.stop() == 0  # after the mails that are on their way
    sent = [(mail.recipients[0], mail.link[0]) for mail in crew.mailbox.mails]
    kinds = ("confirm-verification", "confirm-password-reset")
    assert sorted(sent) == sorted((email, kind) for email in emails for kind in kinds)


def test_a_mail_that_was_used_may_be_followed_by_another(crew: Crew) -> None:
    crew.add()
    one, other = crew.clients
    crew.request_reset(one)
    (mail,) = crew.mailbox.wait(1)
    crew.request_reset(other)
    body = {"token": token(mail), "password": PASSWORD, "passwordConfirm": PASSWORD}
    assert other.ask("POST", f"{USERS}/confirm-password-reset", body).status == 204
    crew.request_reset(one)
    assert crew.mailbox.wait(2)[-1].link[1] != token(mail)
    assert crew.server.stop() == 0
    assert len(crew.mailbox.mails) == 2


def token(mail: Mail) -> str:
    return mail.link[1]


def test_a_mail_that_was_not_sent_may_be_sent_by_another_worker(crew: Crew) -> None:
    crew.add()
    one, other = crew.clients
    crew.mailbox.refuse = "550 no"
    crew.request_reset(one)
    wait_until(lambda: "password reset mail failed" in crew.server.output)
    crew.mailbox.refuse = ""
    crew.request_reset(other)
    crew.mailbox.wait(1)


APPLE = """
from pbpy.auth.oauth2.openid import Apple


def register(app):
    Apple.JWKS_URL = {keys!r}
"""


def test_apples_name_waits_in_all_workers(tmp_path: Path) -> None:
    """Redirect, stream and sign-in: each may be that of any worker."""
    with run_provider() as provider:
        hooks = tmp_path / "pb_hooks"
        hooks.mkdir()
        (hooks / "apple.py").write_text(APPLE.format(keys=provider.url + "/keys"))
        with (
            start(tmp_path) as server,
            contextlib.ExitStack() as stack,
            ThreadPoolExecutor() as pool,
        ):
            clients = clients_of_all(server, stack)
            oauth2 = {
                "enabled": True,
                "providers": [provider.settings("apple")],
                "mappedFields": {"name": "name"},
            }
            clients[0].do("PATCH", USERS, {"oauth2": oauth2})
            browsers = clients_of_all(server, stack)
            for number, (browser, waiting, entering) in enumerate(
                itertools.product(browsers, clients, clients)
            ):
                user = {"name": {"firstName": "Ann", "lastName": f"Lee {number}"}}
                claims = {"email": f"ann{number}@example.com", "email_verified": True}
                code = make_apple_code(provider, sub=str(number), **claims)
                stream, state = wait_for_redirect(server, waiting, stack)
                redirect = {"state": state, "code": code, "user": json.dumps(user)}
                passing = pool.submit(browser.ask, "POST", "/api/oauth2-redirect", redirect)
                assert read_event(stream) == {"state": state, "code": code}
                form = {"provider": "apple", "code": code}
                answer = entering.do("POST", f"{USERS}/auth-with-oauth2", form)
                assert answer["meta"]["name"] == answer["record"]["name"] == f"Ann Lee {number}"
                assert passing.result().status == 303


def wait_for_redirect(
    server: Server, client: Client, stack: contextlib.ExitStack
) -> tuple[http.client.HTTPResponse, str]:
    """Return a stream of the client's worker that waits for a redirect, and its name."""
    worker = owner(server, client._connection)
    for _ in range(200):
        connection = stack.enter_context(contextlib.closing(server.connect()))
        connection.request("GET", "/api/realtime")
        stream = connection.getresponse()
        name: str = read_event(stream)["clientId"]
        if owner(server, connection) == worker:
            body = {"clientId": name, "subscriptions": ["@oauth2"]}
            assert client.ask("POST", "/api/realtime", body).status == 204
            return stream, name
    raise AssertionError("the worker gets no connections")


def read_event(stream: http.client.HTTPResponse) -> dict[str, Any]:
    """Return the data of the next event."""
    while not (line := stream.readline()).startswith(b"data:"):
        assert line
    event: dict[str, Any] = json.loads(line[5:])
    return event

"""Verification, password reset and email change, from the request to the link's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.auth.tokens import read_claims
from pbpy.errors import BadRequest
from pbpy.records.superusers import INSTALLER_EMAIL
from tests.auth.world import ANNA, NEW_PASSWORD, PASSWORD, codes
from tests.mailbox import Mailbox

if TYPE_CHECKING:
    from typing import Any

    from tests.auth.world import World


def test_verification_link_verifies(world: World) -> None:
    record = world.add()
    answer = world.post("request-verification", {"email": ANNA})
    assert (answer.status_code, answer.content) == (204, b"")
    (mail,) = world.mailbox.wait(1)
    action, token = mail.link
    assert action == "confirm-verification"
    assert mail.recipients == [ANNA]
    assert mail.message["From"] == "Support <support@example.com>"
    assert mail.subject == "Verify your Acme email"
    assert f"(http://localhost:8090/_/#/auth/confirm-verification/{token})" in mail.text
    claims = read_claims(token)
    assert (claims["type"], claims["email"], claims["id"]) == ("verification", ANNA, record.id)
    assert world.post("confirm-verification", {"token": token}).status_code == 204
    after = world.get(record)
    assert after.verified
    assert after.token_key == record.token_key
    assert world.post("confirm-verification", {"token": token}).status_code == 204
    assert world.sign_in().status_code == 200


def test_nothing_is_sent_to_the_verified_and_the_unknown(world: World) -> None:
    world.add(verified=True)
    for email in (ANNA, "nobody@example.com"):
        assert world.post("request-verification", {"email": email}).status_code == 204
    assert world.post("request-password-reset", {"email": "no@example.com"}).status_code == 204
    assert world.mailbox.mails == []


@pytest.mark.parametrize("action", ["request-verification", "request-password-reset"])
def test_a_second_mail_waits_for_two_minutes(world: World, action: str) -> None:
    world.add()
    world.add("bert@example.com")
    for email in (ANNA, ANNA, "bert@example.com", ANNA):
        assert world.post(action, {"email": email}).status_code == 204
    assert [mail.recipients[0] for mail in world.mailbox.wait(2)] == [ANNA, "bert@example.com"]


def test_the_pause_ends_with_the_confirmation(world: World) -> None:
    world.add()
    world.post("request-password-reset", {"email": ANNA})
    token = world.last_mail().link[1]
    body = {"token": token, "password": NEW_PASSWORD, "passwordConfirm": NEW_PASSWORD}
    assert world.post("confirm-password-reset", body).status_code == 204
    world.post("request-password-reset", {"email": ANNA})
    world.mailbox.wait(2)


def test_a_reset_that_was_not_mailed_can_be_asked_for_again(world: World) -> None:
    world.add()
    world.send_mails_to(None)
    assert world.post("request-password-reset", {"email": ANNA}).status_code == 204
    world.send_mails_to(world.mailbox)
    world.post("request-password-reset", {"email": ANNA})
    world.mailbox.wait(1)


def test_reset_link_sets_the_password_once(world: World) -> None:
    record = world.add()
    old = world.token()
    world.post("request-password-reset", {"email": ANNA})
    action, token = world.last_mail().link
    assert action == "confirm-password-reset"
    body = {"token": token, "password": NEW_PASSWORD, "passwordConfirm": NEW_PASSWORD}
    assert world.post("confirm-password-reset", body).status_code == 204
    assert codes(world.post("confirm-password-reset", body)) == {
        "token": "validation_invalid_token"
    }
    assert world.sign_in().status_code == 400
    assert world.sign_in(password=NEW_PASSWORD).status_code == 200
    after = world.get(record)
    assert after.verified
    assert after.token_key != record.token_key
    assert world.post("auth-refresh", headers=old).status_code == 401


def test_email_change_link_goes_to_the_new_address(world: World) -> None:
    record = world.add()
    old = world.token()
    answer = world.post("request-email-change", {"newEmail": "new@example.com"}, headers=old)
    assert answer.status_code == 204
    (mail,) = world.mailbox.wait(1)
    assert mail.recipients == ["new@example.com"]
    action, token = mail.link
    assert action == "confirm-email-change"
    wrong = world.post("confirm-email-change", {"token": token, "password": "wrong"})
    assert codes(wrong) == {"password": "validation_invalid_password"}
    right = {"token": token, "password": PASSWORD}
    assert world.post("confirm-email-change", right).status_code == 204
    assert codes(world.post("confirm-email-change", right)) == {
        "token": "validation_invalid_token",
        "password": "validation_invalid_password",
    }
    after = world.get(record)
    assert (after.email, after.verified) == ("new@example.com", True)
    assert world.post("auth-refresh", headers=old).status_code == 401
    assert world.sign_in("new@example.com").status_code == 200


def test_an_email_taken_meanwhile_is_refused(world: World) -> None:
    world.add()
    world.post("request-email-change", {"newEmail": "new@example.com"}, headers=world.token())
    token = world.last_mail().link[1]
    world.add("new@example.com")
    answer = world.post("confirm-email-change", {"token": token, "password": PASSWORD})
    assert codes(answer)["token"] == "validation_invalid_token_email"


def test_a_change_that_was_not_mailed_is_refused(world: World) -> None:
    world.add()
    token = world.token()
    world.send_mails_to(None)
    answer = world.post("request-email-change", {"newEmail": "new@example.com"}, headers=token)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Failed to request email change."


def test_record_values_are_escaped_in_the_mail(world: World) -> None:
    template = {
        "subject": "{RECORD:name}",
        "body": "{RECORD:name}|{RECORD:email}|{RECORD:verified}|{RECORD:password}|{RECORD:tokenKey}"
        "|{RECORD:avatar}|{RECORD:created}|{TOKEN}",
    }
    world.options(verificationTemplate=template)
    record = world.add(name="<b>{TOKEN}</b>")
    world.post("request-verification", {"email": ANNA})
    mail = world.last_mail()
    pieces = mail.html.split("<body>")[1].split("</body>")[0].strip().split("|")
    assert pieces[:7] == [
        "&lt;b&gt;{TOKEN}&lt;/b&gt;",
        ANNA,
        "false",
        "{RECORD:password}",
        "{RECORD:tokenKey}",
        "",
        record.get("created"),
    ]
    assert read_claims(pieces[7])["id"] == record.id


def test_hooks_see_and_change_mails_and_requests(world: World) -> None:
    app = world.app
    seen: list[Any] = []

    @app.on_record_request_password_reset_request.on("users")
    async def request(e: Any) -> None:
        seen.append(("request", e.record.email))
        await e.next()

    @app.on_mailer_record_password_reset_send.on("users")
    async def mail(e: Any) -> None:
        seen.append(("mail", e.record.email, sorted(e.meta)))
        e.message.subject = "Changed"
        await e.next()

    @app.on_mailer_send
    async def every(e: Any) -> None:
        e.message.headers["X-Own"] = "1"
        await e.next()

    @app.on_record_confirm_password_reset_request
    def confirm(e: Any) -> None:
        seen.append(("confirm", e.record.email))
        if len(seen) == 3:
            raise BadRequest("Not today")

    world.add()
    world.post("request-password-reset", {"email": ANNA})
    received = world.last_mail()
    assert (received.subject, received.message["X-Own"]) == ("Changed", "1")
    body = {"token": received.link[1], "password": NEW_PASSWORD, "passwordConfirm": NEW_PASSWORD}
    assert world.post("confirm-password-reset", body).json()["message"] == "Not today."
    assert world.post("confirm-password-reset", body).status_code == 204
    assert seen == [
        ("request", ANNA),
        ("mail", ANNA, ["token"]),
        ("confirm", ANNA),
        ("confirm", ANNA),
    ]


def test_a_handler_may_answer_by_itself_or_take_another_mailer(world: World) -> None:
    class Kept:
        def __init__(self) -> None:
            self.subjects: list[str] = []

        async def send(self, message: Any) -> None:
            self.subjects.append(message.subject)

    kept = Kept()

    @world.app.on_record_request_verification_request
    async def answer(e: Any) -> None:
        if e.record.get("name") == "own":
            e.response = {"own": True}
        else:
            await e.next()

    @world.app.on_mailer_send
    async def replace(e: Any) -> None:
        e.mailer = kept
        await e.next()

    world.add(name="own")
    world.add("bert@example.com")
    assert world.post("request-verification", {"email": ANNA}).json() == {"own": True}
    assert world.post("request-verification", {"email": "bert@example.com"}).status_code == 204
    assert world.mailbox.mails == []
    assert kept.subjects == ["Verify your Acme email"]


def test_a_handler_that_stops_a_request_starts_no_pause(world: World) -> None:
    world.add()

    async def stop(_: Any) -> None:
        return

    binding = world.app.on_record_request_password_reset_request.bind(stop)
    assert world.post("request-password-reset", {"email": ANNA}).status_code == 204
    world.app.on_record_request_password_reset_request.unbind(binding)
    world.post("request-password-reset", {"email": ANNA})
    world.mailbox.wait(1)


def test_a_refusing_mail_server_shows_to_nobody(world: World) -> None:
    world.add()
    with Mailbox(refuse="550 no") as refusing:
        world.send_mails_to(refusing)
        assert world.post("request-password-reset", {"email": ANNA}).status_code == 204
        assert world.post("request-verification", {"email": ANNA}).status_code == 204


def test_the_installers_superuser_gets_no_mail(world: World) -> None:
    world.server.run(world.app.installer_token())
    path = "/api/collections/_superusers/request-password-reset"
    answer = world.server.send("POST", path, json={"email": INSTALLER_EMAIL})
    world.server.run(world.app.background.wait())
    assert answer.status_code == 204
    assert world.mailbox.mails == []

"""Mails through a real SMTP server: TLS, credentials, refusals, time."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import MailError
from pbpy.mail import smtp
from pbpy.mail.mailer import Address, Message
from pbpy.mail.smtp import SmtpMailer
from pbpy.settings.model import Smtp
from tests.mail.certificates import make_certificate
from tests.mailbox import Mailbox

if TYPE_CHECKING:
    from pathlib import Path

USER, SECRET = "sender", "pass w\u00f6rd"


def a_message() -> Message:
    return Message(
        Address("support@example.com", "Support \u00e9"),
        [Address("anna@example.com")],
        "Hello \u00e9",
        html="<p>Hi <b>Anna</b></p>",
    )


def config(mailbox: Mailbox, **changes: object) -> Smtp:
    return Smtp(enabled=True, host="127.0.0.1", port=mailbox.port).merged(changes)


def send(settings: Smtp, message: Message | None = None) -> None:
    asyncio.run(SmtpMailer(settings).send(message or a_message()))


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, object]:
    context, certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate, context


def test_mail_has_both_parts_and_no_bcc_header() -> None:
    message = a_message()
    message.cc = [Address("cc@example.com", "C, C")]
    message.bcc = [Address("bcc@example.com"), Address("anna@example.com")]
    message.headers = {"X-Own": "1"}
    message.attachments = {"a.txt": b"content", "b.bin": b"\x00\xff"}
    message.inline_attachments = {"c.png": b"\x89PNG"}
    with Mailbox() as mailbox:
        send(config(mailbox), message)
        (mail,) = mailbox.wait(1)
    assert mail.recipients == ["anna@example.com", "cc@example.com", "bcc@example.com"]
    assert mail.sender == "support@example.com"
    assert mail.message["From"] == "Support \u00e9 <support@example.com>"
    assert mail.message["To"] == "anna@example.com"
    assert mail.message["Cc"] == '"C, C" <cc@example.com>'
    assert "Bcc" not in mail.message
    assert mail.message["X-Own"] == "1"
    assert mail.message["Date"]
    assert mail.message["Message-ID"].endswith("@example.com>")
    assert mail.subject == "Hello \u00e9"
    assert mail.html.strip() == "<p>Hi <b>Anna</b></p>"
    assert mail.text.strip() == "Hi Anna"
    names = {part.get_filename() for part in mail.message.walk()} - {None}
    assert names == {"a.txt", "b.bin", "c.png"}
    assert mail.host_name == "localhost"
    assert not mail.encrypted


def test_own_message_id_text_and_local_name() -> None:
    message = a_message()
    message.headers = {"message-id": "<own@example.com>"}
    message.text = "Own text"
    with Mailbox() as mailbox:
        send(config(mailbox, localName="mx.example.com"), message)
        (mail,) = mailbox.wait(1)
    assert mail.message.get_all("Message-ID") == ["<own@example.com>"]
    assert mail.text.strip() == "Own text"
    assert mail.host_name == "mx.example.com"


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN", ""])
def test_credentials_on_this_machine(method: str) -> None:
    with Mailbox(credentials=(USER, SECRET)) as mailbox:
        send(config(mailbox, username=USER, password=SECRET, authMethod=method))
        assert mailbox.wait(1)[0].login == USER
        with pytest.raises(MailError) as refused:
            send(config(mailbox, username=USER, password="wrong", authMethod=method))
    assert SECRET not in str(refused.value)
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_implicit_tls(method: str, trusted: tuple[Path, object]) -> None:
    with Mailbox(tls=trusted[1], credentials=(USER, SECRET)) as mailbox:  # type: ignore[arg-type]
        send(config(mailbox, tls=True, username=USER, password=SECRET, authMethod=method))
        (mail,) = mailbox.wait(1)
    assert mail.encrypted
    assert mail.login == USER


def test_starttls_is_used_where_it_is_offered(trusted: tuple[Path, object]) -> None:
    with Mailbox(starttls=trusted[1], credentials=(USER, SECRET)) as mailbox:  # type: ignore[arg-type]
        send(config(mailbox, username=USER, password=SECRET))
        assert mailbox.wait(1)[0].encrypted


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    context, _ = make_certificate(tmp_path)
    with Mailbox(starttls=context) as mailbox:
        with pytest.raises(MailError):
            send(config(mailbox))
        assert mailbox.mails == []


def test_credentials_never_leave_the_machine_in_the_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "_LOCAL_HOSTS", frozenset())
    with Mailbox(credentials=(USER, SECRET)) as mailbox:
        with pytest.raises(MailError, match="unencrypted"):
            send(config(mailbox, username=USER, password=SECRET))
        assert mailbox.mails == []


def test_a_refused_recipient_is_a_mail_error() -> None:
    with (
        Mailbox(refuse="550 no such user") as mailbox,
        pytest.raises(MailError, match="no such user"),
    ):
        send(config(mailbox))


def test_a_server_that_is_not_there_is_a_mail_error() -> None:
    with Mailbox() as mailbox:
        gone = config(mailbox)
    with pytest.raises(MailError):
        send(gone)


def test_a_server_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "SEND_TIMEOUT_S", 0.3)
    with Mailbox(hold=threading.Event()) as mailbox, pytest.raises(MailError):
        send(config(mailbox))


def test_a_server_that_never_greets_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "SEND_TIMEOUT_S", 0.3)

    async def scenario() -> None:
        async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with closing(writer):
                await asyncio.sleep(2)

        server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            with pytest.raises(MailError):
                await SmtpMailer(Smtp(host="127.0.0.1", port=port)).send(a_message())
        finally:
            server.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "broken",
    [
        Message(Address("a\r\nBcc: x@example.com"), [Address("b@example.com")], "s", html="x"),
        Message(Address("a@example.com"), [Address("b@example.com\r\nX: y")], "s", html="x"),
        Message(Address("a@example.com"), [], "s", html="x", headers={"X": "a\r\nBcc: b@c.de"}),
        Message(Address("a@example.com"), [Address("")], "s", html="x"),
    ],
)
def test_what_is_no_header_is_refused(broken: Message) -> None:
    with Mailbox() as mailbox:
        with pytest.raises(MailError):
            send(config(mailbox), broken)
        assert mailbox.mails == []


def test_a_subject_never_begins_another_header() -> None:
    message = a_message()
    message.subject = "Hi\r\nBcc: x@example.com\n"
    with Mailbox() as mailbox:
        send(config(mailbox), message)
        (mail,) = mailbox.wait(1)
    assert mail.subject == "Hi Bcc: x@example.com"
    assert mail.recipients == ["anna@example.com"]


@pytest.mark.parametrize(
    "address", ["\u00e9@example.com", "a@\u00e9xample.com", "a+b@example.com", "a'b@example.com"]
)
def test_addresses_that_records_may_have(address: str) -> None:
    message = a_message()
    message.to = [Address(address, "Anna \u00e9, B")]
    with Mailbox() as mailbox:
        send(config(mailbox), message)
        (mail,) = mailbox.wait(1)
    assert mail.recipients == [address]
    (header,) = mail.message["To"].addresses
    sent = [
        text.encode("utf-8", "surrogateescape").decode()  # as the parser keeps what is no ASCII
        for text in (header.display_name, header.addr_spec)
    ]
    assert sent == ["Anna \u00e9, B", address]


@pytest.mark.parametrize(
    "address", ["\u00e9@b.co, x@y.zz", "\u00e9@b.co\r\nBcc: x@y.zz", "\u00e9> <x@b.co"]
)
def test_one_address_never_becomes_two(address: str) -> None:
    message = a_message()
    message.to = [Address(address)]
    with Mailbox() as mailbox:
        with pytest.raises(MailError):
            send(config(mailbox), message)
        assert mailbox.mails == []

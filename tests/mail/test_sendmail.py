"""Mails through a `sendmail` command."""

from __future__ import annotations

import asyncio
import email
import email.policy
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import MailError
from pbpy.mail import sendmail
from pbpy.mail.mailer import Address, Message
from pbpy.mail.sendmail import Sendmail

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command in PATH that does what a test writes into it."""
    path = tmp_path / "sendmail"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(sendmail, "_PLACES", ("sendmail",))
    return path


def install(command: Path, script: str) -> None:
    command.write_text("#!/bin/sh\n" + script)
    command.chmod(0o755)


def send() -> None:
    message = Message(
        Address("support@example.com", "Support"),
        [Address("anna@example.com"), Address("bert@example.com")],
        "Hello \u00e9",
        html="<p>Hi</p>",
        bcc=[Address("hidden@example.com")],
    )
    asyncio.run(Sendmail().send(message))


def test_the_command_gets_the_whole_mail(command: Path, tmp_path: Path) -> None:
    install(command, f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/mail\n')
    send()
    assert (tmp_path / "arguments").read_text() == "-i -t\n"
    raw = (tmp_path / "mail").read_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["To"] == "anna@example.com, bert@example.com"
    assert mail["Bcc"] == "hidden@example.com"
    assert mail["Subject"] == "Hello \u00e9"
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content() == "<p>Hi</p>\n"
    assert b"\r\n" not in raw


def test_an_address_beyond_ascii(command: Path, tmp_path: Path) -> None:
    install(command, f"cat > {tmp_path}/mail\n")
    message = Message(Address("a@example.com"), [Address("\u00e9@example.com")], "s", html="x")
    asyncio.run(Sendmail().send(message))
    assert "<\u00e9@example.com>" in (tmp_path / "mail").read_text()


def test_its_failure_is_a_mail_error(command: Path) -> None:
    install(command, "cat > /dev/null; exit 75\n")
    with pytest.raises(MailError, match="75"):
        send()


def test_its_absence_is_a_mail_error(command: Path) -> None:
    with pytest.raises(MailError, match="sendmail"):
        send()


def test_a_file_that_cannot_run_is_a_mail_error(command: Path) -> None:
    command.write_text("#!/nonexistent\n")
    command.chmod(0o755)
    with pytest.raises(MailError):
        send()


def test_a_command_that_hangs_is_ended(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendmail, "SEND_TIMEOUT_S", 0.3)
    install(command, "exec sleep 30\n")
    with pytest.raises(MailError, match="longer"):
        send()

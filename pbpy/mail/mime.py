"""A Message as the bytes and headers of RFC 5322."""

from __future__ import annotations

import mimetypes
import re
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import formatdate, quote
from typing import TYPE_CHECKING, Final

from pbpy.errors import MailError
from pbpy.ids import random_text
from pbpy.mail.html_text import html_to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.mail.mailer import Address, Message

_UNKNOWN_TYPE: Final = "application/octet-stream"
_ID_LENGTH: Final = 15
_SPECIAL: Final = re.compile(r"[\s<>(),;:\"\\]")


def compose(message: Message) -> EmailMessage:
    """Return the mail with its HTML and text parts, without a header for `bcc`.

    CPU work of milliseconds for a long body.

    Raises:
        MailError: an address or a header cannot be written.
    """
    mail = EmailMessage()
    try:
        mail["From"] = _header([message.sender])
        mail["To"] = _header(message.to)
        if message.cc:
            mail["Cc"] = _header(message.cc)
        # What a placeholder brought in must not begin another header.
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = formatdate()
        for name, value in message.headers.items():
            del mail[name]
            mail[name] = value
        if "Message-ID" not in mail:
            mail["Message-ID"] = _message_id(message.sender)
        _set_bodies(mail, message)
    except (ValueError, IndexError, UnicodeError) as error:
        raise MailError(f"the mail cannot be written: {error}") from error
    return mail


def _set_bodies(mail: EmailMessage, message: Message) -> None:
    mail.set_content(message.text or html_to_text(message.html))
    if message.html:
        mail.add_alternative(message.html, subtype="html")
        if message.inline_attachments:
            _attach_inline(mail, message.inline_attachments)
    for name, content in message.attachments.items():
        main, sub = _type_of(name)
        mail.add_attachment(content, main, sub, filename=name)


def _attach_inline(mail: EmailMessage, attachments: Mapping[str, bytes]) -> None:
    html = mail.get_body(("html",))
    if html is None:
        return
    for name, content in attachments.items():
        main, sub = _type_of(name)
        html.add_related(content, main, sub, filename=name, cid=f"<{name}>", disposition="inline")


def _type_of(name: str) -> tuple[str, str]:
    main, _, sub = (mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE).partition("/")
    return main, sub


def _header(addresses: Sequence[Address]) -> list[HeaderAddress] | str:
    if all(item.address.isascii() for item in addresses):
        return [HeaderAddress(item.name, addr_spec=item.address) for item in addresses]
    # HeaderAddress knows RFC 5321 only; a server with SMTPUTF8 takes these as they are.
    if any(_SPECIAL.search(item.address) for item in addresses):
        raise ValueError("an address has characters that cannot stand in one")
    return ", ".join(f'"{quote(item.name)}" <{item.address}>' for item in addresses)


def _message_id(sender: Address) -> str:
    domain = sender.address.rpartition("@")[2] or "localhost"
    return f"<{random_text(_ID_LENGTH)}@{domain}>"

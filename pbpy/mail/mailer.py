"""What a mail is, and what sends one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

SEND_TIMEOUT_S: Final = 30.0
"""The longest that one mail may take, from the first packet to the last answer."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address with the name of its owner, which may be empty."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(slots=True)
class Message:
    """One mail; handlers of the mailer hooks may change every part of it.

    Attributes:
        text: the text part; empty to have it made from `html`.
        headers: further headers; `Message-ID` replaces the generated one.
        attachments: content by file name.
        inline_attachments: content by file name, shown inside the mail (`cid:` and the name).
    """

    sender: Address
    to: list[Address]
    subject: str
    html: str = ""
    text: str = ""
    cc: list[Address] = field(default_factory=list)
    bcc: list[Address] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    inline_attachments: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def recipients(self) -> list[str]:
        """The addresses of everyone who gets the mail, each once, in order."""
        everyone = (*self.to, *self.cc, *self.bcc)
        return list(dict.fromkeys(item.address for item in everyone))


class Mailer(Protocol):
    """Sends mails."""

    async def send(self, message: Message) -> None:
        """Send a mail; ends after SEND_TIMEOUT_S at the latest.

        Raises:
            MailError: it could not be handed over.
        """

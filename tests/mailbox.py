"""A real SMTP server on loopback that keeps what it receives.

with Mailbox() as mailbox:
    ...  # settings: mailbox.smtp_settings
    mail = mailbox.wait(1)[0]
    assert link_token(mail)
"""

from __future__ import annotations

import email.policy
import gc
import re
import socket
import threading
import warnings
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

WAIT_LIMIT_S = 5.0
_HOST = "127.0.0.1"
_LINK = re.compile(r"/_/#/auth/([a-z-]+)/([\w.-]+)")
_CODE = re.compile(r"<strong>(\d+)</strong>")


@dataclass(eq=False)
class Mail:
    """One received mail, and how it came."""

    recipients: list[str]
    sender: str
    message: EmailMessage
    host_name: str
    encrypted: bool
    login: str = ""

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def link(self) -> tuple[str, str]:
        """The action and the token of the link in it."""
        found = _LINK.search(self.html)
        assert found, self.html
        return found[1], found[2]

    @property
    def code(self) -> str:
        """The one-time password in it."""
        found = _CODE.search(self.html)
        assert found, self.html
        return found[1]

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        content = part.get_content()
        assert isinstance(content, str)
        return content


@dataclass(eq=False)
class Mailbox:
    """The server; a context manager.

    refuse: the answer to every recipient, instead of 250.
    credentials: the only user name and password that may send; None lets everyone send.
    tls: for implicit TLS; starttls: offered, and needed for signing in.
    """

    refuse: str = ""
    credentials: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    mails: list[Mail] = field(default_factory=list)
    hold: threading.Event | None = None
    """While it is not set, mails are not accepted."""

    def __post_init__(self) -> None:
        self._arrived = threading.Condition()
        self.port = 0
        self._controller: Controller | None = None

    @property
    def smtp_settings(self) -> dict[str, Any]:
        """The `smtp` part of the settings that sends here."""
        return {"enabled": True, "host": _HOST, "port": self.port}

    def wait(self, count: int) -> list[Mail]:
        """Return all mails once there are count of them."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.mails) >= count, WAIT_LIMIT_S)
        assert arrived, f"{len(self.mails)} mails, not {count}"
        return self.mails

    def __enter__(self) -> Mailbox:
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(
            self,
            hostname=_HOST,
            port=self.port,
            ssl_context=self.tls,
            tls_context=self.starttls,
            authenticator=self._authenticate if self.credentials else None,
            auth_require_tls=self.starttls is not None,
        )
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.hold is not None:
            self.hold.set()
        if self._controller is not None:
            self._controller.stop()
        with warnings.catch_warnings():
            # aiosmtpd forgets the transport of a TLS handshake that failed.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        if self.credentials is not None and not session.authenticated:
            return "530 sign in first"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hold is not None:
            await server.loop.run_in_executor(None, self.hold.wait)
        content = envelope.content
        assert isinstance(content, bytes)
        login = getattr(session.auth_data, "login", b"").decode()
        mail = Mail(
            list(envelope.rcpt_tos),
            envelope.mail_from or "",
            BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content),
            session.host_name or "",
            encrypted=bool(session.ssl or self.tls),
            login=login,
        )
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()
        return "250 OK"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.credentials, handled=False, auth_data=data)

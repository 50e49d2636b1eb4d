"""Sends mails through an SMTP server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import aiosmtplib

from pbpy.errors import MailError
from pbpy.mail.mailer import SEND_TIMEOUT_S
from pbpy.mail.mime import compose
from pbpy.offload import offload

if TYPE_CHECKING:
    from pbpy.mail.mailer import Message
    from pbpy.settings.model import Smtp

_LOCAL_HOSTS: Final = frozenset(("localhost", "127.0.0.1", "::1"))


class SmtpMailer:
    """One connection per mail: implicit TLS if configured, else STARTTLS where it is offered.

    Certificates are verified. Credentials never leave over a connection that is neither
    encrypted nor to this machine.
    """

    __slots__ = ("_config",)

    def __init__(self, config: Smtp) -> None:
        self._config = config

    async def send(self, message: Message) -> None:
        """Send a mail.

        Raises:
            MailError: the server cannot be reached, is too slow, or refuses.
        """
        mail = await offload(compose, message)
        client = aiosmtplib.SMTP(
            hostname=self._config.host,
            port=self._config.port,
            use_tls=self._config.tls,
            local_hostname=self._config.local_name or "localhost",
            timeout=SEND_TIMEOUT_S,
        )
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await client.connect()
                await self._authenticate(client)
                await client.send_message(
                    mail, sender=message.sender.address, recipients=message.recipients
                )
                with contextlib.suppress(aiosmtplib.SMTPException):
                    await client.quit()
        except TimeoutError as error:
            raise MailError(f"the mail server took longer than {SEND_TIMEOUT_S:.0f} s") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(f"the mail could not be sent: {error}") from error
        finally:
            client.close()  # without a farewell, for which a hanging server would make us wait

    async def _authenticate(self, client: aiosmtplib.SMTP) -> None:
        config = self._config
        if not config.username and not config.password:
            return
        if client.get_transport_info("sslcontext") is None and config.host not in _LOCAL_HOSTS:
            raise MailError("unencrypted connection: the credentials were not sent")
        await client.ehlo()  # the library does so by itself for what it calls a login only
        if config.auth_method == "LOGIN":
            await client.auth_login(config.username, config.password)
        else:
            await client.auth_plain(config.username, config.password)

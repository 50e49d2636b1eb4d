"""Sends mails through the machine's own `sendmail` command."""

from __future__ import annotations

import asyncio
import shutil
from email.policy import default as lines_of_this_machine
from typing import TYPE_CHECKING, Final

from pbpy.errors import MailError
from pbpy.mail.mailer import SEND_TIMEOUT_S
from pbpy.mail.mime import compose
from pbpy.offload import offload

if TYPE_CHECKING:
    from pbpy.mail.mailer import Message

_PLACES: Final = ("/usr/sbin/sendmail", "/usr/bin/sendmail", "sendmail")


class Sendmail:
    """Hands mails to `sendmail -i -t`; for machines that have one configured."""

    __slots__ = ()

    async def send(self, message: Message) -> None:
        """Send a mail.

        Raises:
            MailError: there is no such command, it is too slow, or it fails.
        """
        command = next(filter(None, map(shutil.which, _PLACES)), None)
        if command is None:
            raise MailError("failed to locate a sendmail executable path")
        mail = await offload(compose, message)
        if message.bcc:
            mail["Bcc"] = ", ".join(item.address for item in message.bcc)
        is_ascii = all(address.isascii() for address in message.recipients)
        policy = lines_of_this_machine.clone(utf8=not is_ascii)
        await _run(command, mail.as_bytes(policy=policy))


async def _run(command: str, mail: bytes) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            command,
            "-i",
            "-t",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise MailError(f"{command} cannot be started: {error}") from error
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await process.communicate(mail)
    except TimeoutError as error:
        raise MailError(f"{command} took longer than {SEND_TIMEOUT_S:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise MailError(f"{command} ended with code {process.returncode}")

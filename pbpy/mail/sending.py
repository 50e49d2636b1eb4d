"""The mailer of an application: its settings choose the way, its hooks see every mail."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from pbpy.hooks.auth_events import MailerEvent
from pbpy.mail.sendmail import Sendmail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.mail.mailer import Mailer, Message


def new_mailer(ctx: Context) -> Mailer:
    """Return a mailer as the settings are now: SMTP if enabled, else the `sendmail` command."""
    smtp = ctx.settings.smtp
    if not smtp.enabled:
        return _HookedMailer(ctx, Sendmail())
    # its library takes long to load, and many servers send no mail
    from pbpy.mail.smtp import SmtpMailer

    return _HookedMailer(ctx, SmtpMailer(smtp))


class _HookedMailer:
    __slots__ = ("_ctx", "_mailer")

    def __init__(self, ctx: Context, mailer: Mailer) -> None:
        self._ctx = ctx
        self._mailer = mailer

    async def send(self, message: Message) -> None:
        """Send a mail inside `on_mailer_send`; in dev mode, show it on the console first."""

        async def send(final: MailerEvent) -> None:
            if self._ctx.config.dev:
                sys.stdout.write(describe(final.message))
                sys.stdout.flush()
            await final.mailer.send(final.message)

        event = MailerEvent(cast("App", self._ctx), self._mailer, message)
        await self._ctx.hooks.on_mailer_send.trigger(event, send)


def describe(message: Message) -> str:
    """Return a mail as a person reads it on a console."""
    lines = ["Mail sent"]
    lines += [f"├─ From: {message.sender}", f"├─ To: {_joined(message.to)}"]
    lines += [f"├─ Cc: {_joined(message.cc)}", f"├─ Bcc: {_joined(message.bcc)}"]
    lines.append(f"├─ Subject: {message.subject}")
    names = [*message.attachments, *message.inline_attachments]
    if names:
        lines.append(f"├─ Attachments: {_joined(names)}")
    lines.append("└─ Text:" if message.text else "└─ HTML:")
    body = (message.text or message.html).strip()
    lines += [f"        {line}" for line in body.splitlines()]
    return "\n".join(lines) + "\n"


def _joined(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))

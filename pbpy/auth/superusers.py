"""Superusers as the command line and the installer manage them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from pbpy.auth.passwords import random_password
from pbpy.auth.queries import count_superusers_except, select_by_identity
from pbpy.auth.tokens import issue_static_auth_token
from pbpy.errors import ConfigError, NotFound
from pbpy.fields.email import is_email
from pbpy.records.record import Record
from pbpy.records.save import delete_record, save_record
from pbpy.schema.collection import SUPERUSERS

if TYPE_CHECKING:
    from pbpy.context import Context

INSTALLER_EMAIL: Final = "__pbinstaller@example.com"
_INSTALLER_TOKEN_S: Final = 30 * 60


async def find_superuser(ctx: Context, email: str) -> Record | None:
    """Return the superuser with this email, or None."""
    collection = ctx.catalog.get(SUPERUSERS)
    row = await ctx.db.one(select_by_identity(collection, "email", email, ignore_case=False))
    return None if row is None else Record.from_row(collection, row)


async def create_superuser(ctx: Context, email: str, password: str) -> None:
    """Create a superuser.

    Raises:
        ConfigError: email is not an address.
        ValidationFailed: the email is taken or the password too short.
    """
    _require_email(email)
    superuser = Record(ctx.catalog.get(SUPERUSERS), {"email": email})
    superuser.set_password(password)
    await save_record(ctx, superuser)


async def upsert_superuser(ctx: Context, email: str, password: str) -> None:
    """Create a superuser, or give the one with this email a new password."""
    _require_email(email)
    superuser = await find_superuser(ctx, email)
    if superuser is None:
        await create_superuser(ctx, email, password)
        return
    superuser.set_password(password)
    await save_record(ctx, superuser)


async def update_superuser(ctx: Context, email: str, password: str) -> None:
    """Give a superuser a new password.

    Raises:
        NotFound: there is none with this email.
    """
    superuser = await _get_superuser(ctx, email)
    superuser.set_password(password)
    await save_record(ctx, superuser)


async def delete_superuser(ctx: Context, email: str) -> bool:
    """Delete a superuser; return False when there is none with this email.

    Raises:
        BadRequest: it is the last one.
    """
    _require_email(email)
    superuser = await find_superuser(ctx, email)
    if superuser is None:
        return False
    await delete_record(ctx, superuser)
    return True


async def create_superuser_otp(ctx: Context, email: str) -> tuple[str, str, int]:
    """Return id, password and lifetime in seconds of a new one-time password.

    Raises:
        NotFound: there is no superuser with this email.
        ConfigError: one-time passwords are not enabled for superusers.
    """
    superuser = await _get_superuser(ctx, email)
    options = superuser.collection.auth
    if options is None or not options.otp.enabled:
        raise ConfigError("OTP auth is not enabled for the _superusers collection")
    password = "".join(secrets.choice("0123456789") for _ in range(options.otp.length))
    otp = Record(
        ctx.catalog.get("_otps"),
        {"collectionRef": superuser.collection.id, "recordRef": superuser.id},
    )
    otp.set("password", password)
    await save_record(ctx, otp)
    return otp.id, password, options.otp.duration


async def has_superuser(ctx: Context) -> bool:
    """Return whether there is a superuser besides the installer's."""
    return bool(await ctx.db.value(count_superusers_except(INSTALLER_EMAIL)))


async def installer_token(ctx: Context) -> str | None:
    """Return a 30 minute token of the installer's superuser while there is no other, else None.

    The record is made when it is missing, with a password that nobody knows.
    """
    if await has_superuser(ctx):
        return None
    installer = await find_superuser(ctx, INSTALLER_EMAIL)
    if installer is None:
        await create_superuser(ctx, INSTALLER_EMAIL, random_password())
        installer = await _get_superuser(ctx, INSTALLER_EMAIL)
    return issue_static_auth_token(installer, _INSTALLER_TOKEN_S)


async def _get_superuser(ctx: Context, email: str) -> Record:
    _require_email(email)
    superuser = await find_superuser(ctx, email)
    if superuser is None:
        raise NotFound(f'superuser with email "{email}" doesn\'t exist')
    return superuser


def _require_email(email: str) -> None:
    if not is_email(email):
        raise ConfigError("missing or invalid email address")

"""Providers whose user or email needs more than a table of paths."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.provider import Provider
from pbpy.auth.oauth2.user import OAuth2User, find_at, flag_at, items_of, text_at
from pbpy.fields.email import is_email

if TYPE_CHECKING:
    from pbpy.auth.oauth2.exchange import OAuth2Token
    from pbpy.auth.oauth2.outgoing import Outgoing
    from pbpy.errors import JsonValue

_NO_SCOPE: Final = frozenset((401, 403, 404))
"""Statuses of an emails endpoint that the user has not opened: they sign in without email."""


class ListsEmails(Provider):
    """GitHub, Gitea: the email is the one that `/emails` calls primary and verified."""

    __slots__ = ()

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Ask, since the email of the user itself may be unverified."""
        answer = await self.ask_about_emails(outgoing, token)
        if answer.status in _NO_SCOPE:
            return ""
        for item in items_of(answer.json()):
            if flag_at(item, "verified") and flag_at(item, "primary"):
                return text_at(item, "email")
        return ""


class Bitbucket(Provider):
    """Its addresses are in a page of values, with names of their own."""

    __slots__ = ()

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Return the primary, confirmed address."""
        answer = await self.ask_about_emails(outgoing, token)
        if answer.is_refusal:
            return ""
        for item in items_of(find_at(answer.json(), "values") or []):
            if flag_at(item, "is_primary") and flag_at(item, "is_confirmed"):
                return text_at(item, "email")
        return ""


class Gitee(Provider):
    """The public email of the profile, or else the confirmed primary one of the list."""

    __slots__ = ()

    EMAILS_URL: Final = "https://gitee.com/api/v5/emails"

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Ask only where the profile shows no address."""
        shown = text_at(raw, "email")
        if is_email(shown):
            return shown
        answer = await self.ask_about_emails(outgoing, token, self.EMAILS_URL)
        if answer.status in _NO_SCOPE:
            return ""
        # An address that is kept private comes as one object instead of a list.
        with contextlib.suppress(OAuth2Failure):
            for item in items_of(answer.json()):
                email = text_at(item, "email")
                scopes = item.get("scope")
                is_primary = isinstance(scopes, list) and "primary" in scopes
                if is_primary and text_at(item, "state") == "confirmed" and is_email(email):
                    return email
        return ""


class Gitlab(Provider):
    """The email counts once it was confirmed."""

    __slots__ = ()

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Return the email if there is a moment of its confirmation."""
        email, confirmed_at = text_at(raw, "email"), text_at(raw, "confirmed_at")
        with contextlib.suppress(ValueError):
            return email if datetime.fromisoformat(confirmed_at).tzinfo is not None else ""
        return ""


class Vk(Provider):
    """The name is in two parts, the email beside the token."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Join the two parts of the name."""
        user = Provider.read_user(self, raw)
        first, last = (text_at(raw, f"response.0.{key}") for key in ("first_name", "last_name"))
        user.name = f"{first} {last}".strip()
        return user

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Return the token's email."""
        return token.text("email")


class Strava(Provider):
    """The name is in two parts; there is no email."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Join the two parts of the name."""
        user = Provider.read_user(self, raw)
        user.name = f"{text_at(raw, 'firstname')} {text_at(raw, 'lastname')}"
        return user


class Yandex(Provider):
    """The avatar is given by its id."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Make the avatar's address."""
        user = Provider.read_user(self, raw)
        if not flag_at(raw, "is_avatar_empty"):
            avatar = text_at(raw, "default_avatar_id")
            user.avatar_url = f"https://avatars.yandex.net/get-yapic/{avatar}/islands-200"
        return user


class Discord(Provider):
    """The avatar is given by its hash; old accounts have a number instead of a global name."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Make the avatar's address and the name."""
        user = Provider.read_user(self, raw)
        avatar, number = text_at(raw, "avatar"), text_at(raw, "discriminator")
        if avatar:
            user.avatar_url = f"https://cdn.discordapp.com/avatars/{user.id}/{avatar}.png"
        if not user.name:
            user.name = f"{user.username}#{number}" if number not in {"", "0"} else user.username
        return user


class Wakatime(Provider):
    """The photo is for everyone only when the user says so."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Leave a private photo out."""
        user = Provider.read_user(self, raw)
        if not flag_at(raw, "data.photo_public"):
            user.avatar_url = ""
        return user


class Mailcow(Provider):
    """User names are email addresses."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Take the part before the @ as user name."""
        user = Provider.read_user(self, raw)
        user.username = user.username.partition("@")[0]
        return user


class Instagram(Provider):
    """The granted permissions come with the token."""

    __slots__ = ()

    async def fetch_raw_user(self, outgoing: Outgoing, token: OAuth2Token) -> dict[str, JsonValue]:
        """Add the permissions to the user."""
        raw = await Provider.fetch_raw_user(self, outgoing, token)
        permissions = token.extra.get("permissions")
        if permissions is not None:
            raw.setdefault("permissions", permissions)
        return raw


class Twitch(Provider):
    """The answer is a list of one user."""

    __slots__ = ()

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Refuse an empty list."""
        if not find_at(raw, "data"):
            raise OAuth2Failure("the list of users is empty")
        return Provider.read_user(self, raw)

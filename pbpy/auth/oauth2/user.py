"""The user of a provider, and how its members are read from the provider's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pbpy.auth.oauth2.failure import OAuth2Failure

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


@dataclass(slots=True)
class OAuth2User:
    """A user as a provider describes it, in PocketBase's terms.

    Attributes:
        email: an address that the provider has verified, else "".
        expiry: when the access token ends, "" if unknown.
        raw_user: the provider's own answer.
    """

    id: str
    name: str = ""
    username: str = ""
    email: str = ""
    avatar_url: str = ""
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expiry: str = ""
    raw_user: dict[str, JsonValue] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the `meta` of a sign-in, but for `isNew`."""
        return {
            "expiry": self.expiry,
            "rawUser": self.raw_user,
            "id": self.id,
            "name": self.name,
            "username": self.username,
            "avatarURL": self.avatar_url,
            "accessToken": self.access_token,
            "refreshToken": self.refresh_token,
            "email": self.email,
            "avatarUrl": self.avatar_url,
        }


def find_at(value: JsonValue, path: str) -> JsonValue:
    """Return the member at a dotted path (numbers are places of a list); None if missing.

    Raises:
        OAuth2Failure: something on the way is neither object, list nor missing.
    """
    for key in path.split("."):
        if isinstance(value, list) and key.isdigit():
            value = value[int(key)] if int(key) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(key)
        elif value is not None:
            raise OAuth2Failure(f"{path} has another shape")
    return value


def text_at(value: JsonValue, path: str) -> str:
    """Return the text at path; "" if path is empty, or the member missing or null.

    Raises:
        OAuth2Failure: it is something else.
    """
    found = find_at(value, path) if path else ""
    if found is None:
        return ""
    if not isinstance(found, str):
        raise OAuth2Failure(f"{path} is no text")
    return found


def flag_at(value: JsonValue, path: str) -> bool:
    """Return the flag at path; False if missing or null.

    Raises:
        OAuth2Failure: it is something else.
    """
    found = find_at(value, path)
    if found is not None and not isinstance(found, bool):
        raise OAuth2Failure(f"{path} is no flag")
    return found is True


def number_id_at(value: JsonValue, path: str) -> str:
    """Return the whole number at path as text.

    Raises:
        OAuth2Failure: it is missing, zero or something else: an id that many users would share.
    """
    found = find_at(value, path)
    if isinstance(found, bool) or not isinstance(found, int) or not found:
        raise OAuth2Failure(f"{path} is no id")
    return str(found)


def items_of(value: JsonValue) -> list[JsonValue]:
    """Return a list of objects.

    Raises:
        OAuth2Failure: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise OAuth2Failure("not a list of objects")
    return value

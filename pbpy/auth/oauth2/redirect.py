"""What a provider sends the browser back with, and who hears of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

_NAME_LIFETIME_S: Final = 60.0
_MAX_NAME_CHARS: Final = 150
_MAX_CODE_CHARS: Final = 1000
_MAX_NAMES: Final = 1000


@dataclass(frozen=True, slots=True)
class OAuth2Redirect:
    """The parameters of a redirect; `user` is Apple's, JSON with the name."""

    state: str = ""
    code: str = ""
    error: str = ""
    user: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the user has agreed."""
        return bool(self.code) and not self.error

    def to_json(self) -> dict[str, JsonValue]:
        """Return the message for the client that waits on the `@oauth2` topic."""
        body: dict[str, JsonValue] = {"state": self.state, "code": self.code}
        return {**body, "error": self.error} if self.error else body


class RedirectNames:
    """The names that Apple tells once, in the redirect; each waits a minute for its sign-in.

    Bounded: the oldest names make room. They are kept by the process that got the redirect.
    """

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, float]] = {}

    def keep(self, code: str, user: str) -> None:
        """Keep the name in user, if there is one."""
        name = parse_name(user)
        if not name or len(code) > _MAX_CODE_CHARS:
            return
        self._names.pop(code, None)
        while len(self._names) >= _MAX_NAMES:
            del self._names[next(iter(self._names))]
        self._names[code] = (name, time.monotonic() + _NAME_LIFETIME_S)

    def take(self, code: str) -> str:
        """Return the name that came with code and forget it; "" if there is none."""
        name, deadline = self._names.pop(code, ("", 0.0))
        return name if time.monotonic() < deadline else ""


def parse_name(user: str) -> str:
    """Return first and last name of Apple's `user`, cut to 150 characters; "" if malformed."""
    try:
        name = orjson.loads(user)["name"]
        parts = [name.get("firstName") or "", name.get("lastName") or ""]
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return ""
    if not all(isinstance(part, str) for part in parts):
        return ""
    return " ".join(parts)[:_MAX_NAME_CHARS].strip()

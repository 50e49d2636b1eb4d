"""The names that Apple tells once, in the redirect; each waits a minute for its sign-in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import orjson

from pbpy.bus.bus import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.bus.bus import Bus

_LIFETIME_S: Final = 60.0
_MAX_NAME_CHARS: Final = 150
_MAX_CODE_CHARS: Final = 1000
_MAX_NAMES: Final = 1000
_KIND: Final = "oauth2.name"


class RedirectNames:
    """The names as one worker has them: those of all redirects, since any may get the sign-in.

    Bounded: the oldest names make room. A worker gives a name once; the others keep theirs until
    it is too old, which is harmless, because a provider takes a code once.
    """

    __slots__ = ("_clock", "_names")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._names: dict[str, tuple[str, float]] = {}

    def follow(self, bus: Bus) -> None:
        """Keep also what other workers hear from now on."""

        async def hear(message: Message) -> None:
            self._put(*orjson.loads(message.data))

        bus.subscribe(_KIND, hear)

    async def keep(self, bus: Bus, code: str, user: str) -> None:
        """Keep the name in Apple's `user`, if there is one; return when all workers have it.

        They are asked, not told by `publish`: what is published may be stored, and a code is a
        secret.
        """
        name = parse_name(user)
        if not name or len(code) > _MAX_CODE_CHARS:
            return
        self._put(code, name)
        await bus.ask_others(Message(_KIND, orjson.dumps((code, name))))

    def _put(self, code: str, name: str) -> None:
        self._names.pop(code, None)
        while len(self._names) >= _MAX_NAMES:
            del self._names[next(iter(self._names))]
        self._names[code] = (name, self._clock() + _LIFETIME_S)

    def take(self, code: str) -> str:
        """Return the name that came with code and forget it; "" if there is none."""
        name, deadline = self._names.pop(code, ("", 0.0))
        return name if self._clock() < deadline else ""


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

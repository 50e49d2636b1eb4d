"""Attempts and pauses of the sign-in flows, counted in the memory of the process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

OTP_ATTEMPTS: Final = 5
OTP_WINDOW_S: Final = 180.0
RESEND_PAUSE_S: Final = 120.0
CLEAN_UP_PAUSE_S: Final = 60.0
_MAX_KEYS: Final = 100_000


class Pauses:
    """Keys that are not served again before a pause has passed."""

    __slots__ = ("_clock", "_pause_s", "_until")

    def __init__(self, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = pause_s
        self._clock = clock
        self._until: dict[tuple[str, ...], float] = {}

    def begin(self, *key: str) -> bool:
        """Start the pause of key; False while one is running."""
        now = self._clock()
        if self._until.get(key, 0.0) > now:
            return False
        if len(self._until) >= _MAX_KEYS:
            self._until = {known: end for known, end in self._until.items() if end > now}
        self._until[key] = now + self._pause_s
        return True

    def end(self, *key: str) -> None:
        """End the pause of key early."""
        self._until.pop(key, None)


class Attempts:
    """At most `limit` attempts of a key in a window, which begins with its first attempt."""

    __slots__ = ("_clock", "_limit", "_seen", "_window_s")

    def __init__(
        self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}

    def allow(self, *key: str) -> bool:
        """Count an attempt; False when there were too many."""
        now = self._clock()
        began, count = self._seen.get(key, (now, 0))
        if now - began >= self._window_s:
            began, count = now, 0
        if count >= self._limit:
            return False
        if len(self._seen) >= _MAX_KEYS:
            oldest = now - self._window_s
            self._seen = {known: seen for known, seen in self._seen.items() if seen[0] > oldest}
        self._seen[key] = (began, count + 1)
        return True


class AuthLimits:
    """The limits of one application.

    Attributes:
        otp: tries of one-time passwords, by record and client.
        resend: mails of one kind to one record.
        clean_up: sweeps of expired records, by collection.
    """

    __slots__ = ("clean_up", "otp", "resend")

    def __init__(self) -> None:
        self.otp = Attempts(OTP_ATTEMPTS, OTP_WINDOW_S)
        self.resend = Pauses(RESEND_PAUSE_S)
        self.clean_up = Pauses(CLEAN_UP_PAUSE_S)

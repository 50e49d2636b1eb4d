"""Attempts and pauses of the sign-in flows, which hold for all workers of a server together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pbpy.settings.counts import LocalCounts
from pbpy.settings.shared_counts import SharedCounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pbpy.settings.counts import Counts

OTP_ATTEMPTS: Final = 5
OTP_WINDOW_S: Final = 180.0
RESEND_PAUSE_S: Final = 120.0

_COUNTS_FILE: Final = "sign-in-limits"
"""Not that of the rate limits: whoever fills theirs with requests resets nothing here."""


class Attempts:
    """At most `limit` attempts of a key in a window, which begins with its first attempt.

    Args:
        counts: where they are counted.
        name: what tells them from others that are counted there.
        limit: of attempts.
        window_s: the length of a window.
        clock: seconds of a clock that never goes back, the same in all workers.
    """

    __slots__ = ("_clock", "_counts", "_limit", "_name", "_window_s")

    def __init__(
        self,
        counts: Counts,
        name: str,
        limit: int,
        window_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counts = counts
        self._name = name
        self._limit = limit
        self._window_s = window_s
        self._clock = clock

    def allow(self, *key: str) -> bool:
        """Count an attempt; False when there were too many."""
        return self._counts.take(self._text(key), self._limit, self._window_s, self._clock())

    def forget(self, *key: str) -> None:
        """Let the window of a key begin anew."""
        self._counts.forget(self._text(key))

    def _text(self, key: tuple[str, ...]) -> str:
        return repr((self._name, *key))  # no two keys have the same


class Pauses:
    """Keys that are not served again before a pause has passed: one attempt in a window.

    Args:
        counts, name, clock: as of `Attempts`.
        pause_s: the length of a pause.
    """

    __slots__ = ("_attempts",)

    def __init__(
        self,
        counts: Counts,
        name: str,
        pause_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempts = Attempts(counts, name, 1, pause_s, clock)

    def begin(self, *key: str) -> bool:
        """Start the pause of key; False while one is running."""
        return self._attempts.allow(*key)

    def end(self, *key: str) -> None:
        """End the pause of key early."""
        self._attempts.forget(*key)


class AuthLimits:
    """The limits of one application.

    Args:
        folder: of the workers of a server, who count together there; None for a process of its
            own.

    Attributes:
        otp: tries of one-time passwords, by record and client.
        resend: mails of one kind to one record.
    """

    __slots__ = ("_counts", "otp", "resend")

    def __init__(self, folder: Path | None = None) -> None:
        counts = LocalCounts() if folder is None else SharedCounts(folder / _COUNTS_FILE)
        self._counts: Counts = counts
        self.otp = Attempts(counts, "otp", OTP_ATTEMPTS, OTP_WINDOW_S)
        self.resend = Pauses(counts, "resend", RESEND_PAUSE_S)

    def close(self) -> None:
        """Let go of what is counted; safe to call twice."""
        self._counts.close()

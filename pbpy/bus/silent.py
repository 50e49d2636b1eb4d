"""SilentMembers: those that did not answer in time, and are not asked again for a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SKIPPED_S: Final = 5.0


class SilentMembers:
    """Who is left out, and until when."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def choose(self, names: Iterable[str]) -> set[str]:
        """Return those who may be asked now."""
        now = time.monotonic()
        self._until = {name: until for name, until in self._until.items() if until > now}
        return {name for name in names if name not in self._until}

    def add(self, names: Iterable[str]) -> None:
        """Leave some out from now on."""
        self._until.update(dict.fromkeys(names, time.monotonic() + _SKIPPED_S))

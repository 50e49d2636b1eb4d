"""Place: where a process stands among those of its server, and the bus that fits."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pbpy.bus.local_bus import LocalBus
from pbpy.bus.outbox import Outbox
from pbpy.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.bus.bus import Bus
    from pbpy.store.store import Database


@dataclass(frozen=True, slots=True)
class Place:
    """One of the workers of a server; by default the only one.

    Attributes:
        number: from 0 on; a worker that takes the place of a dead one has its number.
        folder: of the workers' sockets; None where there is one worker.
    """

    number: int = 0
    folder: Path | None = None

    @property
    def is_first(self) -> bool:
        """Whether this process does what is to be done once, as the jobs of a clock."""
        return self.number == 0


def make_bus(place: Place, database: Database, redis_url: str) -> Bus:
    """Return the bus of a process, not opened yet: Redis, the outbox, or none but itself.

    Raises:
        ConfigError: Redis is wanted and cannot be used.
    """
    if redis_url:
        if find_spec("redis") is None:
            raise ConfigError("redis is not installed: install pbpy with the extra `redis`")
        from pbpy.bus.redis_bus import RedisBus

        return RedisBus(redis_url)
    if place.folder is not None:
        return Outbox(database, place.folder, place.number)
    return LocalBus()

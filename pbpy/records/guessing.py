"""Searches that find nothing become slow for those who keep failing (SEC-26).

The list rule is part of the same statement as the client's filter, so its duration could tell
something about records that the client may not see.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.collection import Collection

_MAX_MISSES: Final = 3
_WINDOW_S: Final = 3
_MAX_DELAY_MS: Final = 500
_WATCHED_CLIENTS: Final = 10_000


async def note_miss(ctx: Context, collection: Collection, client: str) -> None:
    """Count a search of client without a result; after a few, wait up to half a second."""
    clock = time.monotonic()
    misses: dict[tuple[str, str], tuple[float, int]]
    misses = ctx.catalog.memo.setdefault("records.misses", {})
    key = (client, collection.id)
    began, count = misses.get(key, (clock, 0))
    if clock - began >= _WINDOW_S:
        began, count = clock, 0
    if len(misses) >= _WATCHED_CLIENTS:
        misses.clear()
    misses[key] = (began, count + 1)
    if count >= _MAX_MISSES:
        await asyncio.sleep(secrets.randbelow(_MAX_DELAY_MS) / 1000)

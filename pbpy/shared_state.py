"""What all Apps of one process share: databases, bus, collections and settings, kept up to date."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from pbpy.bus.bus import MISSED, Message
from pbpy.schema.catalog import Catalog
from pbpy.schema.queries import load_collection_rows, schema_stamp
from pbpy.schema.stored import catalog_from_rows
from pbpy.settings.model import Settings
from pbpy.settings.queries import settings_stamp
from pbpy.settings.rate_limiter import RateLimiter
from pbpy.settings.shared_counts import SharedCounts
from pbpy.settings.stored import load_settings

if TYPE_CHECKING:
    from pbpy.bus.bus import Bus
    from pbpy.bus.place import Place
    from pbpy.config import Config
    from pbpy.context import Context
    from pbpy.store.sql import SqlValue
    from pbpy.store.store import Store

COLLECTIONS_CHANGED: Final = Message("app.collections")
SETTINGS_CHANGED: Final = Message("app.settings")

_COUNTS_FILE: Final = "limits"

_POLL_S = 0.25
"""How often the process looks whether one that shares no bus changed collections or settings."""
_RETRY_S = 1.0


class SharedState:
    """The state of one process; its values are replaced as a whole.

    Attributes:
        rate_limiter: None while the settings have no limits.
    """

    __slots__ = (
        "_bus",
        "_counts",
        "_reading",
        "_schema_stamp",
        "_settings_stamp",
        "_store",
        "_watcher",
        "catalog",
        "rate_limiter",
        "settings",
    )

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.settings = Settings()
        self.rate_limiter: RateLimiter | None = None
        self._store: Store | None = None
        self._bus: Bus | None = None
        self._counts: SharedCounts | None = None
        self._schema_stamp: SqlValue = None
        self._settings_stamp: SqlValue = None
        self._reading = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there are databases to close."""
        return self._store is not None

    @property
    def store(self) -> Store:
        """Both databases.

        Raises:
            RuntimeError: the App is not open.
        """
        if self._store is None:
            raise RuntimeError("the app is not open; use `async with app:` or `await app.open()`")
        return self._store

    @store.setter
    def store(self, store: Store) -> None:
        self._store = store

    @property
    def bus(self) -> Bus:
        """What reaches the other processes.

        Raises:
            RuntimeError: the App is not open.
        """
        if self._bus is None:
            raise RuntimeError("the app is not open; use `async with app:` or `await app.open()`")
        return self._bus

    async def load_catalog(self) -> None:
        """Read all collections anew."""
        data = self.store.data
        async with self._reading:
            before = self.catalog
            # The stamp comes first: a change between the two reads then shows as a newer stamp.
            stamp = await schema_stamp(data)
            catalog = catalog_from_rows(await load_collection_rows(data))
            if self.catalog is before:  # else a commit of this process was faster, and knows more
                self.catalog, self._schema_stamp = catalog, stamp

    async def load_settings(self, config: Config) -> None:
        """Read the settings anew; rate limits begin to count anew."""
        data = self.store.data
        stamp = await settings_stamp(data)  # first, as in `load_catalog`
        settings = await load_settings(data, config)
        limits = settings.rate_limits
        self.settings, self._settings_stamp = settings, stamp
        self.rate_limiter = (
            RateLimiter(limits, shared=self._counts, generation=str(stamp))
            if limits.enabled
            else None
        )

    async def join(self, bus: Bus, place: Place, ctx: Context) -> None:
        """Open the bus, and follow what other processes say they have changed."""
        if place.folder is not None:
            self._counts = SharedCounts(place.folder / _COUNTS_FILE)

        async def hear_collections(message: Message) -> None:
            if message.sender != bus.worker:
                await ctx.reload_catalog()

        async def hear_settings(message: Message) -> None:
            if message.sender != bus.worker:
                await ctx.reload_settings()

        for kind in (COLLECTIONS_CHANGED.kind, MISSED):
            bus.subscribe(kind, hear_collections)
        for kind in (SETTINGS_CHANGED.kind, MISSED):
            bus.subscribe(kind, hear_settings)
        self._reading = asyncio.Lock()  # of this event loop
        self._bus = bus
        ctx.realtime.join(ctx)
        await bus.open()

    def watch(self, seen: int, ctx: Context) -> None:
        """Follow what processes without a bus change after data version seen, until `close`."""
        self._watcher = asyncio.create_task(self._watch(seen, ctx), name="pbpy-watch")

    async def _watch(self, seen: int, ctx: Context) -> None:
        data = self.store.data
        while True:
            await asyncio.sleep(_POLL_S)
            try:
                version = await data.data_version()
                if version == seen:
                    continue
                if await schema_stamp(data) != self._schema_stamp:
                    await ctx.reload_catalog()
                if await settings_stamp(data) != self._settings_stamp:
                    await ctx.reload_settings()
                seen = version
            except Exception:
                # A watch that died would leave this process with stale rules for good.
                ctx.log.exception("collections and settings could not be reloaded")
                await asyncio.sleep(_RETRY_S)

    async def close(self) -> None:
        """End the watch, leave the bus and close the databases."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
        counts, self._counts = self._counts, None
        if counts is not None:
            counts.close()
        bus, self._bus = self._bus, None
        if bus is not None:
            await bus.close()
        store, self._store = self._store, None
        if store is not None:
            await store.close()

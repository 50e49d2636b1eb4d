"""App: opens and closes everything, and is what app developers hold in their hands.

An App is unbound (reads see committed data) or bound to a transaction (`transaction()`); a
bound App shares everything with the one it came from but the transaction, its catalog and
its settings.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pbpy.auth import superusers
from pbpy.auth.limits import AuthLimits
from pbpy.auth.oauth2.names import RedirectNames
from pbpy.auth.passwords import hash_password, verify_password
from pbpy.auth.tokens import Tokens
from pbpy.background import Background
from pbpy.bus.place import Place, make_bus
from pbpy.config import Config
from pbpy.cron.cron import Cron
from pbpy.data import Data
from pbpy.datetimes import now
from pbpy.files.intents import Intents
from pbpy.files.local import LocalStorage
from pbpy.hooks.events import BootstrapEvent, SettingsReloadEvent, TerminateEvent
from pbpy.mail.sending import new_mailer
from pbpy.migrate.system import initialise
from pbpy.realtime.realtime import Realtime
from pbpy.records.rules import compile_rule
from pbpy.shared_state import COLLECTIONS_CHANGED, SETTINGS_CHANGED, SharedState
from pbpy.store.store import Store
from pbpy.system_jobs import add_system_jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from pbpy.auth.tokens import TokenType
    from pbpy.bus.bus import Bus
    from pbpy.files.storage import Storage
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.mail.mailer import Mailer
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.settings.model import Settings
    from pbpy.settings.rate_limiter import RateLimiter
    from pbpy.store.access import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Route:
    """A route of an app developer; path may hold `{name}` and, at its end, `{name...}`."""

    method: str
    path: str
    handler: Callable[..., Any]


class _Outermost:
    """A write transaction and an App bound to it.

    A class, since every write of a record enters one: a generator costs 4 us more.
    """

    __slots__ = ("_app", "_transaction")

    def __init__(self, app: App) -> None:
        self._app = app
        self._transaction = app.store.data.transaction()

    async def __aenter__(self) -> App:
        return self._app.bound_to(await self._transaction.__aenter__())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._transaction.__aexit__(kind, error, traceback)


class App(Data):
    """One PocketBase application over one data directory; fulfils `pbpy.context.Context`.

    Attributes:
        place: where this process stands among the workers of its server.
    """

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config or Config()
        self.log = logging.getLogger("pbpy")
        self.routes: list[Route] = []
        self.storage: Storage = LocalStorage(self.config.data_dir / "storage")
        self.intents = Intents(self.config.data_dir)
        self.background = Background()
        self.cron = Cron(self)
        add_system_jobs(self.cron)
        self.realtime = Realtime(self)
        self.limits = AuthLimits()
        self.redirect_names = RedirectNames()
        self.place = Place()
        self._state = SharedState()
        self._tokens = Tokens()
        self.unbound: App = self
        self._tx: Transaction | None = None
        self._tx_catalog: Catalog | None = None
        self._tx_settings: Settings | None = None

    # life

    async def open(self) -> None:
        """Open the data directory, creating what is missing; then call `on_bootstrap`.

        Raises:
            ConfigError: the directory, the encryption key or the SQLite library cannot be used.
        """

        async def bootstrap(_: BootstrapEvent) -> None:
            store = await Store.open(self.config)
            self._state.store = store
            await initialise(store, self.config)
            # First: nothing saved meanwhile is missed.
            version = await store.data.data_version()
            bus = make_bus(self.place, store.data, self.config.redis_url)
            self.limits = AuthLimits(self.place.folder)
            self.redirect_names.follow(bus)
            await self._state.join(bus, self.place, self)
            await self.reload_catalog()
            await self.reload_settings()
            await self.intents.open()
            await self.intents.sweep(self)
            self._state.watch(version, self)

        try:
            await self.on_bootstrap.trigger(BootstrapEvent(self), bootstrap)
        except BaseException:
            await self._release()
            raise

    async def close(self) -> None:
        """Call `on_terminate`, then close everything; safe to call twice."""

        async def terminate(_: TerminateEvent) -> None:
            await self._release()

        if self._state.is_open:
            await self.on_terminate.trigger(TerminateEvent(self), terminate)
            await self._release()  # also when a handler ended the chain

    async def _release(self) -> None:
        self.realtime.close()
        self.cron.stop()
        await self.background.close()
        self.limits.close()
        await self._state.close()
        await self.intents.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Context

    @property
    def hooks(self) -> AppHooks:
        """All hooks: the App itself."""
        return self

    @property
    def store(self) -> Store:
        """Both databases.

        Raises:
            RuntimeError: the App is not open.
        """
        return self._state.store

    @property
    def bus(self) -> Bus:
        """What reaches the other processes of this server.

        Raises:
            RuntimeError: the App is not open.
        """
        return self._state.bus

    @property
    def db(self) -> Reader:
        """Reads of data.db; inside a transaction, its own state."""
        return self._tx if self._tx is not None else self._state.store.data

    @property
    def tx(self) -> Transaction:
        """The transaction this App is bound to.

        Raises:
            RuntimeError: outside of `transaction()`.
        """
        if self._tx is None:
            raise RuntimeError("no transaction: use `async with app.transaction() as tx_app:`")
        return self._tx

    @property
    def in_transaction(self) -> bool:
        """Whether this App is bound to a transaction."""
        return self._tx is not None

    @property
    def catalog(self) -> Catalog:
        """All collections."""
        return self._tx_catalog or self._state.catalog

    @property
    def settings(self) -> Settings:
        """The stored settings."""
        return self._tx_settings or self._state.settings

    @property
    def rate_limiter(self) -> RateLimiter | None:
        """The limits of the settings with their counters; None while they are disabled."""
        return self._state.rate_limiter

    def now(self) -> str:
        """Return the present moment as PocketBase writes it."""
        return now()

    def transaction(self) -> AbstractAsyncContextManager[App]:
        """Open a write transaction, or a savepoint of the one this App is bound to.

        Everything inside must use the App that this gives.

        Raises:
            RuntimeError: this task holds a transaction already and this App is not bound to it.
        """
        return _Outermost(self) if self._tx is None else self._savepoint(self._tx)

    def bound_to(self, tx: Transaction) -> App:
        """Return this App bound to a transaction."""
        bound = object.__new__(type(self))
        bound.__dict__ = {**self.__dict__, "_tx": tx}
        return bound

    @contextlib.asynccontextmanager
    async def _savepoint(self, tx: Transaction) -> AsyncIterator[App]:
        before = (self._tx_catalog, self._tx_settings)
        try:
            async with tx.savepoint():
                yield self
        except BaseException:
            self._tx_catalog, self._tx_settings = before
            raise

    def replace_catalog(self, catalog: Catalog) -> None:
        """Set the catalog of the bound transaction; the application's at commit.

        Raises:
            RuntimeError: outside of `transaction()`.
        """
        if self._tx_catalog is None:
            self.bus.publish(COLLECTIONS_CHANGED, self.tx)
            self.tx.after_commit(self._publish_catalog)
        self._tx_catalog = catalog

    async def _publish_catalog(self) -> None:
        if self._tx_catalog is not None:
            self._state.catalog = self._tx_catalog
            # Whoever reads the answer finds the new rules in every process.
            await self.bus.sync()

    def replace_settings(self, settings: Settings) -> None:
        """Set the settings of the bound transaction; the application reloads at commit.

        Raises:
            RuntimeError: outside of `transaction()`.
        """
        if self._tx_settings is None:
            self.bus.publish(SETTINGS_CHANGED, self.tx)
            self.tx.after_commit(self.unbound.reload_settings)
            self.tx.after_commit(self.bus.sync)
        self._tx_settings = settings

    async def reload_settings(self) -> None:
        """Read the settings anew, inside the reload hook; rate limits begin to count anew."""

        async def load(_: SettingsReloadEvent) -> None:
            await self._state.load_settings(self.config)

        await self.on_settings_reload.trigger(SettingsReloadEvent(self), load)

    async def reload_catalog(self) -> None:
        """Read all collections anew, after another process has changed them."""
        await self._state.load_catalog()

    def compile_rule(self, catalog: Catalog, collection: Collection, text: str) -> None:
        """Check that a rule can be used on collection.

        Raises:
            FilterError: it cannot.
        """
        compile_rule(catalog, collection, text)

    def new_mailer(self) -> Mailer:
        """Return what sends mails as the settings say: SMTP, else the `sendmail` command."""
        return new_mailer(self)

    async def hash_password(self, plain: str, cost: int = 0) -> str:
        """Return the hash of plain, of the kind that the configuration asks for."""
        return await hash_password(plain, self.config.password_hash, cost)

    async def verify_password(self, plain: str, stored: str) -> bool:
        """Return whether plain is the password behind stored."""
        return await verify_password(plain, stored)

    # for app developers

    def route(self, method: str, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add a route as a decorator: `@app.route("GET", "/hello/{name}")`."""

        def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
            self.routes.append(Route(method.upper(), path, handler))
            return handler

        return decorate

    async def authenticate(self, token: str, kind: TokenType = "auth") -> Record | None:
        """Return the record that a token of this kind proves, or None."""
        return await self._tokens.find_record(self, token, kind)

    async def installer_token(self) -> str | None:
        """Return a token for making the first superuser, or None when there is one."""
        return await superusers.installer_token(self)

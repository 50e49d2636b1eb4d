"""Context: what the domain layers may use of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import logging
    from contextlib import AbstractAsyncContextManager

    from pbpy.auth.limits import AuthLimits
    from pbpy.background import Background
    from pbpy.bus.bus import Bus
    from pbpy.config import Config
    from pbpy.files.intents import Intents
    from pbpy.files.storage import Storage
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.mail.mailer import Mailer
    from pbpy.realtime.realtime import Realtime
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.settings.model import Settings
    from pbpy.store.access import Reader, Transaction


class Context(Protocol):
    """The application as domain functions see it; `pbpy.app.App` fulfils it.

    Inside `transaction()` a Context bound to that transaction is used: its `db` reads the
    transaction's own state and its `catalog` holds the changes made so far. A change of a
    bound Context's catalog or settings becomes the application's at commit, and vanishes at
    rollback.
    """

    @property
    def db(self) -> Reader:
        """Reads of data.db; inside a transaction, its own state."""

    @property
    def tx(self) -> Transaction:
        """The transaction this Context is bound to.

        Raises:
            RuntimeError: outside of `transaction()`.
        """

    @property
    def in_transaction(self) -> bool:
        """Whether this Context is bound to a transaction."""

    @property
    def unbound(self) -> Context:
        """The application itself, bound to no transaction; what hooks after a commit get."""

    def transaction(self) -> AbstractAsyncContextManager[Context]:
        """Open a write transaction, or a savepoint of the one this Context is bound to."""

    @property
    def catalog(self) -> Catalog:
        """All collections."""

    def replace_catalog(self, catalog: Catalog) -> None:
        """Set the catalog of the bound transaction; the application's at commit.

        Raises:
            RuntimeError: outside of `transaction()`.
        """

    async def reload_catalog(self) -> None:
        """Read all collections anew, after another process has changed them."""

    def compile_rule(self, catalog: Catalog, collection: Collection, text: str) -> None:
        """Check a rule of a collection as it would be in this catalog.

        Raises:
            FilterError: it cannot be parsed or resolved.
        """

    @property
    def settings(self) -> Settings:
        """The stored settings."""

    def replace_settings(self, settings: Settings) -> None:
        """Set the settings of the bound transaction; the application reloads at commit.

        Raises:
            RuntimeError: outside of `transaction()`.
        """

    async def reload_settings(self) -> None:
        """Read the settings anew, inside the reload hook."""

    @property
    def hooks(self) -> AppHooks:
        """All hooks."""

    @property
    def storage(self) -> Storage:
        """The files of records."""

    @property
    def intents(self) -> Intents:
        """The list of files about to be written or deleted, swept at the next start."""

    @property
    def realtime(self) -> Realtime:
        """The open streams of clients, and messages to them."""

    @property
    def bus(self) -> Bus:
        """What reaches the other processes of this server."""

    @property
    def background(self) -> Background:
        """Work that goes on after an answer; it must use `unbound`, never a transaction."""

    @property
    def limits(self) -> AuthLimits:
        """The attempts that sign-in flows count."""

    def new_mailer(self) -> Mailer:
        """Return what sends mails as the settings say, `on_mailer_send` around each."""

    async def hash_password(self, plain: str, cost: int = 0) -> str:
        """Return the hash of plain, of the kind that the configuration asks for.

        Raises:
            PasswordTooLong: bcrypt cannot hash it.
        """

    async def verify_password(self, plain: str, stored: str) -> bool:
        """Return whether plain is the password behind stored; never for an empty hash."""

    @property
    def config(self) -> Config:
        """What the process was started with."""

    @property
    def log(self) -> logging.Logger:
        """The application's log."""

    def now(self) -> str:
        """Return the present moment as PocketBase writes it: `2022-01-01 10:00:00.123Z`."""

"""The two Protocols through which every layer reaches the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from pbpy.store.sql import Row, Sql, SqlValue

Callback = Callable[[], Awaitable[None] | None]


class Reader(Protocol):
    """Reads of committed data, or of a transaction's own view of it.

    A read runs on the event loop while it is short and moves to a thread when it is not, so a
    caller never blocks others. Raises StoreError kinds: SqlRejected, QueryTimeout, Busy.
    """

    async def all(self, sql: Sql) -> list[Row]:
        """Return all rows."""

    async def one(self, sql: Sql) -> Row | None:
        """Return the first row, or None."""

    async def value(self, sql: Sql) -> SqlValue:
        """Return the first column of the first row, or None."""

    async def described(self, sql: Sql, limit: int) -> tuple[list[tuple[str, str]], list[Row]]:
        """Return ((column name, declared type), ...) and at most limit rows; always in a thread."""


class Transaction(Reader, Protocol):
    """One write transaction of data.db; the process has at most one at a time."""

    async def execute(self, sql: Sql) -> int:
        """Run one writing statement on the loop; return the number of changed rows.

        Raises:
            UniqueViolation, ConstraintViolation, SqlRejected, StorageFull: as SQLite reports.
        """

    async def execute_long(self, sql: Sql) -> int:
        """Do the same in a thread: for DDL and bulk changes."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undo what the block did when it raises; the transaction goes on."""

    def before_commit(self, callback: Callback) -> None:
        """Call back at the end of the outermost transaction, in order of registration.

        It may still write; when it raises, everything is rolled back.
        """

    def at_commit(self, note: Callable[[], None]) -> None:
        """Call in the moment of the outermost commit, in the order of commits.

        Nobody else can write yet, so it must neither wait nor raise.
        """

    def after_commit(self, callback: Callback) -> None:
        """Call back once the outermost transaction has committed, in order of registration."""

    def after_rollback(self, callback: Callback) -> None:
        """Call back when the transaction is rolled back, in reverse order of registration.

        Registered inside a savepoint that is undone, all kinds go with it: the rollback
        callbacks run at once, the commit callbacks never.
        """

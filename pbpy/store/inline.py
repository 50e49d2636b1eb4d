"""SQLite on the event loop: short reads run at once, long ones are told to go elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import apsw

from pbpy.store.errors import DRIVER_ERRORS, store_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pbpy.store.connection import Fetch
    from pbpy.store.sql import Sql

T = TypeVar("T")

TICK_OPCODES = 1000
"""How often SQLite asks whether to go on; about 9 us, and too rare to be measurable."""

NO_LIMIT = 1 << 62
STATEMENTS_REMEMBERED = 1000
FORGET_BELOW_S = 0.0001
"""A read that was quicker than this in a thread may try the event loop again."""
SLOW_ABOVE_S = 0.002
"""Time is looked at too: opcodes do not show large values, nor the making of Python's rows."""


class Overrun(Exception):
    """The read does not belong on the event loop; a signal to the caller, not a failure."""


class StatementTexts:
    """A bounded set of statement texts, the oldest forgotten first."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def __contains__(self, text: str) -> bool:
        return text in self._texts

    def add(self, text: str) -> None:
        """Remember text."""
        if len(self._texts) >= STATEMENTS_REMEMBERED:
            del self._texts[next(iter(self._texts))]
        self._texts[text] = None

    def discard(self, text: str) -> None:
        """Forget text."""
        self._texts.pop(text, None)


class InlineConnection:
    """A connection for the event loop. Its reads have a budget of opcodes, its writes have none.

    An interrupted write would roll back its whole transaction, so writes run to their end.
    """

    __slots__ = ("_left", "_suspected", "_ticks", "connection", "slow")

    def __init__(self, connection: apsw.Connection, opcodes: int, slow: StatementTexts) -> None:
        self.connection = connection
        self.slow = slow
        self._suspected = StatementTexts()
        self._ticks = opcodes // TICK_OPCODES
        self._left = NO_LIMIT
        connection.set_progress_handler(self._tick, TICK_OPCODES)

    def _tick(self) -> bool:
        self._left -= 1
        return self._left < 0

    def read(self, fetch: Fetch[T], sql: Sql) -> T:
        """Return fetch(connection, sql).

        Raises:
            Overrun: it takes, or took last time, longer than the budget; or it would have to
                wait for another process.
            StoreError: as SQLite reports.
        """
        if not self._ticks or sql.text in self.slow:
            raise Overrun
        self._left = self._ticks
        # The wall clock is ten times cheaper, but also sees that other threads were in the way.
        is_suspected = sql.text in self._suspected
        clock = time.thread_time if is_suspected else time.perf_counter
        started = clock()
        try:
            result = fetch(self.connection, sql)
        except apsw.InterruptError as error:
            self.slow.add(sql.text)
            raise Overrun from error
        except apsw.BusyError as error:
            raise Overrun from error
        except DRIVER_ERRORS as error:
            raise store_error(error) from error
        finally:
            self._left = NO_LIMIT
        if clock() - started > SLOW_ABOVE_S:
            (self.slow if is_suspected else self._suspected).add(sql.text)
        elif is_suspected:
            self._suspected.discard(sql.text)
        return result

    def write(self, fetch: Fetch[T], sql: Sql) -> T:
        """Return fetch(connection, sql), however long it takes.

        Raises:
            StoreError: as SQLite reports.
        """
        try:
            return fetch(self.connection, sql)
        except DRIVER_ERRORS as error:
            raise store_error(error) from error

    @contextmanager
    def lent(self) -> Iterator[apsw.Connection]:
        """Lend the connection to a thread, without the budget's cost for long statements."""
        self.connection.set_progress_handler(None)
        try:
            yield self.connection
        finally:
            self.connection.set_progress_handler(self._tick, TICK_OPCODES)

"""SQL of the outbox: the table `_pbpy_events` of data.db.

PocketBase leaves a table alone that it does not know, and refuses a collection of that name.
A new row has a greater number than all others: the newest one is never deleted, and a new table
begins with the present microsecond. The table goes when a server ends, while another one may still
use it: that one makes it anew.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.errors import StoreError
    from pbpy.store.access import Reader, Transaction

_EXISTS = Sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_pbpy_events'")
_CREATE = Sql(
    "CREATE TABLE IF NOT EXISTS `_pbpy_events` (`seq` INTEGER PRIMARY KEY, `at` INTEGER NOT NULL,"
    " `sender` TEXT NOT NULL, `kind` TEXT NOT NULL, `data` BLOB NOT NULL)"
)
_BEGIN = (
    "INSERT INTO `_pbpy_events` SELECT ?, 0, '', '', x''"
    " WHERE NOT EXISTS (SELECT 1 FROM `_pbpy_events`)"
)
_DROP = Sql("DROP TABLE IF EXISTS `_pbpy_events`")
_INSERT = "INSERT INTO `_pbpy_events` (`at`, `sender`, `kind`, `data`) VALUES (?, ?, ?, ?)"
_NEWEST = Sql("SELECT max(`seq`) FROM `_pbpy_events`")
_OLDEST = Sql(
    "SELECT `at` FROM `_pbpy_events` WHERE `seq` < (SELECT max(`seq`) FROM `_pbpy_events`)"
    " ORDER BY `seq` LIMIT 1"
)
_AFTER = (
    "SELECT `seq`, `sender`, `kind`, `data` FROM `_pbpy_events` WHERE `seq` > ?"
    " ORDER BY `seq` LIMIT ?"
)
_PRUNE = (
    "DELETE FROM `_pbpy_events` WHERE `at` < ? AND `seq` < (SELECT max(`seq`) FROM `_pbpy_events`)"
)


async def has_outbox(db: Reader) -> bool:
    """Tell whether the table exists."""
    return await db.value(_EXISTS) is not None


async def create_outbox(tx: Transaction) -> None:
    """Make the table, with a row that is no message; harmless when another process was faster."""
    await tx.execute(_CREATE)
    await tx.execute(Sql(_BEGIN, (time.time_ns() // 1000,)))


async def drop_outbox(tx: Transaction) -> None:
    """Remove the table."""
    await tx.execute(_DROP)


def is_dropped(error: StoreError) -> bool:
    """Tell whether a statement has failed because the table is gone."""
    return "no such table: _pbpy_events" in str(error)


async def newest_event(db: Reader) -> int:
    """Return the number of the newest row; 0 when there is none."""
    return int(await db.value(_NEWEST) or 0)


async def oldest_moment(db: Reader) -> int | None:
    """Return when the oldest row was written, in Unix seconds; None when there is one at most."""
    return cast("int | None", await db.value(_OLDEST))


async def events_after(db: Reader, seq: int, limit: int) -> list[tuple[int, str, str, bytes]]:
    """Return (seq, sender, kind, data) of at most limit rows, oldest first."""
    rows = await db.all(Sql(_AFTER, (seq, limit)))
    return cast("list[tuple[int, str, str, bytes]]", rows)


async def insert_event(tx: Transaction, moment: int, sender: str, kind: str, data: bytes) -> None:
    """Insert a row, as the newest."""
    await tx.execute(Sql(_INSERT, (moment, sender, kind, data)))


async def prune_events(tx: Transaction, before: int) -> None:
    """Delete the rows written before a moment in Unix seconds, but not the newest one."""
    await tx.execute(Sql(_PRUNE, (before,)))

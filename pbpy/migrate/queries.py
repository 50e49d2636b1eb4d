"""SQL of the history of migration files, in the table `_migrations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.datetimes import now_us
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.store.access import Reader, Transaction

# PocketBase: very old rows are in seconds
_NEWEST_FIRST = Sql(
    "SELECT file FROM `_migrations` WHERE file LIKE '%.py'"
    " ORDER BY substr(applied || '0000000000000000', 0, 17) DESC, file DESC"
)


async def list_applied(db: Reader) -> list[str]:
    """Return the names of all applied Python files, the newest first."""
    return [str(row[0]) for row in await db.all(_NEWEST_FIRST)]


async def is_applied(db: Reader, file: str) -> bool:
    """Return whether a file is noted as applied."""
    return await db.value(Sql("SELECT 1 FROM `_migrations` WHERE file = ?", (file,))) is not None


async def note_applied(tx: Transaction, file: str) -> None:
    """Note a file as applied now."""
    insert = "INSERT INTO `_migrations` (`file`, `applied`) VALUES (?, ?)"
    await tx.execute(Sql(insert, (file, now_us())))


async def forget_applied(tx: Transaction, file: str) -> None:
    """Drop the note of a file."""
    await tx.execute(Sql("DELETE FROM `_migrations` WHERE file = ?", (file,)))

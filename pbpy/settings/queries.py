"""SQL of the settings row in `_params`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.store.access import Reader, Transaction
    from pbpy.store.sql import SqlValue

_LOAD = Sql("SELECT `value` FROM `_params` WHERE `id` = 'settings'")
_STAMP = Sql("SELECT `updated` FROM `_params` WHERE `id` = 'settings'")
_SAVE = (
    "INSERT INTO `_params` (`id`, `value`, `created`, `updated`) VALUES ('settings', ?, ?, ?)"
    " ON CONFLICT (`id`) DO UPDATE SET `value` = excluded.`value`, `updated` = excluded.`updated`"
)


async def load_settings_row(db: Reader) -> tuple[SqlValue, ...] | None:
    """Return (value,), or None when there is no row."""
    return await db.one(_LOAD)


async def settings_stamp(db: Reader) -> SqlValue:
    """Return a text that changes whenever the settings are saved; None when there is no row."""
    return await db.value(_STAMP)


async def save_settings_row(tx: Transaction, value: SqlValue, moment: str) -> None:
    """Insert the row, or change its value and `updated`."""
    await tx.execute(Sql(_SAVE, (value, moment, moment)))

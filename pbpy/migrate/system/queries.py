"""SQL of the tables every data directory has, as PocketBase's system migrations write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.datetimes import now_us
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.store.access import Reader, Transaction

AUX_INIT = "1640988000_aux_init.go"
SYSTEM_MIGRATIONS = (
    AUX_INIT,
    "1640988000_init.go",
    "1717233556_v0.23_migrate.go",
    "1717233557_v0.23_migrate2.go",
    "1717233558_v0.23_migrate3.go",
    "1717233559_v0.23_migrate4.go",
    "1763020353_update_default_auth_alert_templates.go",
    "1778828400_normalize_indexes.go",
)
"""The names that PocketBase 0.40 records; what each of them does is part of our tables."""

MIGRATIONS_TABLE = Sql(
    "CREATE TABLE IF NOT EXISTS `_migrations`"
    " (file VARCHAR(255) PRIMARY KEY NOT NULL, applied INTEGER NOT NULL)"
)

# The blanks and double quotes below are in sqlite_master of a directory made by PocketBase.
DATA_TABLES = (
    Sql("""CREATE TABLE `_params` (
			`id`      TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,
			`value`   JSON DEFAULT NULL,
			`created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL,
			`updated` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL
		)"""),
    Sql("""CREATE TABLE `_collections` (
				`id`         TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,
				`system`     BOOLEAN DEFAULT FALSE NOT NULL,
				`type`       TEXT DEFAULT "base" NOT NULL,
				`name`       TEXT UNIQUE NOT NULL,
				`fields`     JSON DEFAULT "[]" NOT NULL,
				`indexes`    JSON DEFAULT "[]" NOT NULL,
				`listRule`   TEXT DEFAULT NULL,
				`viewRule`   TEXT DEFAULT NULL,
				`createRule` TEXT DEFAULT NULL,
				`updateRule` TEXT DEFAULT NULL,
				`deleteRule` TEXT DEFAULT NULL,
				`options`    JSON DEFAULT "{}" NOT NULL,
				`created`    TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL,
				`updated`    TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL
			)"""),
    Sql("CREATE INDEX idx__collections_type on `_collections` (`type`)"),
)
LOG_TABLES = (
    Sql("""CREATE TABLE IF NOT EXISTS `_logs` (
					`id`      TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,
					`level`   INTEGER DEFAULT 0 NOT NULL,
					`message` TEXT DEFAULT "" NOT NULL,
					`data`    JSON DEFAULT "{}" NOT NULL,
					`created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL
				)"""),
    Sql("CREATE INDEX IF NOT EXISTS idx_logs_level on `_logs` (`level`)"),
    Sql("CREATE INDEX IF NOT EXISTS idx_logs_message on `_logs` (`message`)"),
    Sql(
        "CREATE INDEX IF NOT EXISTS idx_logs_created_hour"
        " on `_logs` (strftime('%Y-%m-%d %H:00:00', `created`))"
    ),
)


async def applied_migrations(db: Reader) -> set[str]:
    """Return the file names in `_migrations`, which must exist."""
    return {str(row[0]) for row in await db.all(Sql("SELECT file FROM `_migrations`"))}


async def record_migration(tx: Transaction, file: str) -> None:
    """Note file as applied now, in the place of an earlier note."""
    await tx.execute(Sql("DELETE FROM `_migrations` WHERE file = ?", (file,)))
    insert = "INSERT INTO `_migrations` (`file`, `applied`) VALUES (?, ?)"
    await tx.execute(Sql(insert, (file, now_us())))

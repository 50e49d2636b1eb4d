"""Give a data directory the tables and collections that the server stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.datetimes import now
from pbpy.errors import ConfigError
from pbpy.migrate.system import queries
from pbpy.migrate.system.collections import default_collections
from pbpy.schema.queries import insert_collection_row
from pbpy.schema.stored import collection_to_row
from pbpy.schema.table_sync import sync_table
from pbpy.settings.model import default_settings
from pbpy.settings.stored import find_settings, save_settings
from pbpy.store import ddl

if TYPE_CHECKING:
    from pbpy.config import Config
    from pbpy.store.access import Reader, Transaction
    from pbpy.store.store import Store


async def initialise(store: Store, config: Config) -> None:
    """Bring the directory of store into the state that PocketBase 0.40 leaves.

    An empty directory gets everything; one of PocketBase 0.40 stays as it is, but for a log
    table or a settings row that has vanished. All or nothing, and safe while other processes
    do the same.

    Raises:
        ConfigError: the directory is of an older PocketBase, or its settings cannot be read.
    """
    if await _is_complete(store, config):
        return
    # Logs first, as everywhere: whoever takes both locks takes them in this order.
    async with store.auxiliary.transaction() as logs, store.data.transaction() as tx:
        # Asked again under the lock: another process may have been quicker.
        if not await ddl.has_table(tx, "_collections"):
            await _create_everything(tx, logs)
        missing = await _missing_migrations(tx)
        if missing - {queries.AUX_INIT}:
            raise ConfigError(_older_directory(missing))
        if queries.AUX_INIT in missing or not await ddl.has_table(logs, "_logs"):
            await _create_logs(tx, logs)
        if await find_settings(tx, config) is None:
            await save_settings(tx, config, default_settings())


async def _is_complete(store: Store, config: Config) -> bool:
    return (
        await ddl.has_table(store.data, "_collections")
        and not await _missing_migrations(store.data)
        and await ddl.has_table(store.auxiliary, "_logs")
        and await find_settings(store.data, config) is not None
    )


async def _missing_migrations(db: Reader) -> set[str]:
    if not await ddl.has_table(db, "_migrations"):
        return set(queries.SYSTEM_MIGRATIONS)
    return set(queries.SYSTEM_MIGRATIONS) - await queries.applied_migrations(db)


def _older_directory(missing: set[str]) -> str:
    return (
        "the data directory was written by an older PocketBase and lacks its system migrations "
        f"{', '.join(sorted(missing))}: start PocketBase 0.40 on it once, then pbpy again"
    )


async def _create_everything(tx: Transaction, logs: Transaction) -> None:
    await tx.execute(queries.MIGRATIONS_TABLE)
    await _create_logs(tx, logs)
    for statement in queries.DATA_TABLES:
        await tx.execute(statement)
    for collection in default_collections():
        moment = now()
        saved = collection.replace(created=moment, updated=moment)
        await insert_collection_row(tx, collection_to_row(saved))
        await sync_table(tx, None, saved)
    for file in queries.SYSTEM_MIGRATIONS:
        if file != queries.AUX_INIT:
            await queries.record_migration(tx, file)


async def _create_logs(tx: Transaction, logs: Transaction) -> None:
    for statement in queries.LOG_TABLES:
        await logs.execute(statement)
    await queries.record_migration(tx, queries.AUX_INIT)

"""Apply and revert migration files, each in one transaction together with its note.

Invariants: what fails leaves nothing behind; several processes may do this at once, since
whether a file is applied is asked again inside its transaction.

Source of the commands: PocketBase core/migrations_runner.go.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pbpy.errors import Busy, MigrationError
from pbpy.migrate.loader import find_migrations, load_migration
from pbpy.migrate.queries import forget_applied, is_applied, list_applied, note_applied
from pbpy.python_file import explain
from pbpy.schema.refresh import refresh_catalog
from pbpy.sync_app import call_with_app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from pbpy.app import App
    from pbpy.migrate.loader import Migration

State = Literal["applied", "pending", "missing"]

log = logging.getLogger("pbpy.migrate")


@dataclass(frozen=True, slots=True)
class FileState:
    """Whether a file is applied, waits, or is applied and gone from the folder."""

    file: str
    state: State


async def list_states(app: App, folder: Path) -> list[FileState]:
    """Return the state of every file that exists or is noted, in order of their names."""
    found = await asyncio.to_thread(find_migrations, folder)
    applied = set(await list_applied(app.db))
    return [
        FileState(
            file,
            "missing" if file not in found else "applied" if file in applied else "pending",
        )
        for file in sorted({*found, *applied})
    ]


async def apply_pending(app: App, folder: Path, limit: int | None = None) -> list[str]:
    """Apply the files that are not yet applied, or the first limit of them; return their names.

    All of them are loaded before the first is applied.

    Raises:
        MigrationError: a file cannot be loaded or raises; the files before it stay applied.
    """
    found = await asyncio.to_thread(find_migrations, folder)
    applied = set(await list_applied(app.db))
    missing = sorted(applied - set(found))
    if missing:
        log.warning("applied and missing from %s: %s", folder, ", ".join(missing))
    pending = [path for file, path in found.items() if file not in applied][:limit]
    migrations = [await asyncio.to_thread(load_migration, path) for path in pending]
    return [item.file for item in migrations if await _Step(item, is_up=True).run(app)]


async def last_applied(app: App, count: int) -> list[str]:
    """Return the names of the files applied last, the newest first; a negative count means all."""
    applied = await list_applied(app.db)
    return applied if count < 0 else applied[:count]


async def revert(app: App, folder: Path, files: Sequence[str]) -> list[str]:
    """Revert applied files in the given order; return the names of those that were.

    Raises:
        MigrationError: a file is missing, cannot be loaded or has no `down(app)`, and nothing is
            reverted; or one raises, and those before it stay reverted.
    """
    found = await asyncio.to_thread(find_migrations, folder)
    migrations = [await asyncio.to_thread(_load_revertible, found, folder, file) for file in files]
    return [item.file for item in migrations if await _Step(item, is_up=False).run(app)]


def _load_revertible(found: dict[str, Path], folder: Path, file: str) -> Migration:
    path = found.get(file)
    if path is None:
        raise MigrationError(
            f"{folder / file}: the file was applied and is missing, so it cannot be reverted; "
            "put it back, or forget it with `pbpy migrate history-sync`"
        )
    migration = load_migration(path)
    if migration.down is None:
        raise MigrationError(f"{path}: there is no function down(app), so it cannot be reverted")
    return migration


async def forget_missing(app: App, folder: Path) -> list[str]:
    """Drop the notes of applied files that are missing; return their names."""
    found = await asyncio.to_thread(find_migrations, folder)
    async with app.transaction() as tx_app:
        missing = [file for file in await list_applied(tx_app.db) if file not in found]
        for file in missing:
            await forget_applied(tx_app.tx, file)
    return missing


class _Step:
    """One file up or down, in one transaction with its note."""

    __slots__ = ("_is_up", "_migration")

    def __init__(self, migration: Migration, *, is_up: bool) -> None:
        self._migration = migration
        self._is_up = is_up

    async def run(self, app: App) -> bool:
        """Return whether there was anything to do.

        Raises:
            MigrationError: the function of the file raised, or its result cannot be committed.
        """
        while True:
            try:
                return await self._run_once(app)
            except Busy:
                log.info("%s: another process holds the database, waiting", self._migration.file)

    async def _run_once(self, app: App) -> bool:
        migration = self._migration
        async with app.transaction() as tx_app:
            if await is_applied(tx_app.db, migration.file) is self._is_up:
                return False  # another process was quicker
            await refresh_catalog(tx_app)
            if self._is_up:
                await self._call(migration.up, tx_app)
                await note_applied(tx_app.tx, migration.file)
            elif migration.down is not None:
                await self._call(migration.down, tx_app)
                await forget_applied(tx_app.tx, migration.file)
        return True

    async def _call(self, function: Callable[[Any], Any], tx_app: App) -> None:
        try:
            await call_with_app(function, tx_app)
        except Exception as error:  # whatever a developer's function raises
            raise MigrationError(explain(error, self._migration.path)) from error

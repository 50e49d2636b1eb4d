"""Automigrate: collection changes made through the API become migration files.

Source: PocketBase plugins/migratecmd/automigrate.go.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy.errors import MigrationError, StoreError
from pbpy.migrate.loader import new_file_name, write_new_file
from pbpy.migrate.queries import note_applied
from pbpy.migrate.template import render_change

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App
    from pbpy.hooks.events import CollectionRequestEvent
    from pbpy.schema.collection import Collection

HANDLER_ID = "pbpy_automigrate"


def automigrate(app: App, folder: Path) -> None:
    """Write a file, noted as applied, for each collection that a request changes from now on.

    An import of collections is none of them.
    """

    async def record(event: CollectionRequestEvent) -> None:
        collection_id = event.collection.id
        old = app.catalog.by_id(collection_id)
        await event.next()
        new = app.catalog.by_id(event.collection.id)
        try:
            await _write(app, folder, old, new)
        except (MigrationError, StoreError):
            # The collection is changed already, and its client must hear so.
            app.log.exception("no migration file for a change of %s", event.collection.name)

    for hook in (
        app.on_collection_create_request,
        app.on_collection_update_request,
        app.on_collection_delete_request,
    ):
        hook.bind(record, id=HANDLER_ID)


async def _write(app: App, folder: Path, old: Collection | None, new: Collection | None) -> None:
    text = render_change(old, new) if old or new else None
    if text is None:
        return
    if new is None:
        name = f"deleted_{old.name}" if old else ""
    else:
        name = f"updated_{old.name}" if old else f"created_{new.name}"
    async with app.transaction() as tx_app:
        # Inside, because two changes at once would find the same name free.
        path = await asyncio.to_thread(_write_file, folder, name, text)
        tx_app.tx.after_rollback(lambda: path.unlink(missing_ok=True))
        await note_applied(tx_app.tx, path.name)


def _write_file(folder: Path, name: str, text: str) -> Path:
    return write_new_file(folder, new_file_name(folder, name), text)

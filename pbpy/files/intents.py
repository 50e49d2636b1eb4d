"""Intents: notes of files about to change, so that a crash leaves no file without its row.

Files and rows cannot change in one step. Before the first file is written the names of all
files that a save will add or drop are noted down; after the save has been committed or rolled
back, and its files are tidied up, the note goes away. A note that is still there at the next
start belongs to a process that died: the row then decides which of its files stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

import orjson

from pbpy.errors import StorageError
from pbpy.files.disk import on_disk
from pbpy.files.names import file_key, thumbs_key
from pbpy.files.queries import select_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pbpy.context import Context
    from pbpy.errors import JsonValue

FOLDER = ".file_intents"


@dataclass(frozen=True, slots=True)
class Intent:
    """The note of one save."""

    path: Path


class Intents:
    """The notes of one data directory, one small file each."""

    __slots__ = ("_folder",)

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    async def begin(self, collection_id: str, record_id: str, names: Iterable[str]) -> Intent:
        """Note down the names of the files that a save of this record adds or drops.

        Raises:
            StorageError: the disk refused.
        """
        note = {"collection": collection_id, "record": record_id, "names": list(names)}
        path = self._folder / f"{token_hex(8)}.json"
        await on_disk(_write, path, orjson.dumps(note))
        return Intent(path)

    async def end(self, intent: Intent) -> None:
        """Forget a note, whose files are now as the row says."""
        await on_disk(intent.path.unlink, missing_ok=True)

    async def sweep(self, ctx: Context) -> None:
        """Delete what dead processes left behind. At the start only, before any request.

        What the storage refuses to delete stays noted for the next start.
        """
        for path in await on_disk(_list, self._folder):
            note = await on_disk(_read, path)
            try:
                if note is not None:
                    await _tidy(ctx, note["collection"], note["record"], note["names"])
                await on_disk(path.unlink, missing_ok=True)
            except StorageError as error:
                ctx.log.warning("files noted in %s are left: %s", path, error)


async def _tidy(ctx: Context, collection_id: str, record_id: str, names: list[str]) -> None:
    kept = await _named_files(ctx, collection_id, record_id)
    for name in names:
        if name not in kept:
            await ctx.storage.delete(file_key(collection_id, record_id, name))
            await ctx.storage.delete_prefix(thumbs_key(collection_id, record_id, name))


async def _named_files(ctx: Context, collection_id: str, record_id: str) -> set[str]:
    collection = ctx.catalog.by_id(collection_id)
    fields = [item for item in collection.fields if item.type == "file"] if collection else []
    if collection is None or not fields:
        return set()
    row = await ctx.db.one(
        select_columns(collection.name, (item.name for item in fields), record_id)
    )
    kept: set[str] = set()
    for item, stored in zip(fields, row or (), strict=bool(row)):
        value = item.decode(stored)
        kept.update((value,) if isinstance(value, str) else value)
    return kept


def _write(path: Path, note: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(note)
    partial.replace(path)


def _list(folder: Path) -> list[Path]:
    for partial in folder.glob("*.part"):
        partial.unlink(missing_ok=True)
    return sorted(folder.glob("*.json"))


def _read(path: Path) -> JsonValue:
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return None
    return found

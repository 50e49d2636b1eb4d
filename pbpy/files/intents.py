"""Intents: notes of files about to change, so that a crash leaves no file without its row.

Files and rows cannot change in one step. Before the first file is written the names of all
files that a save will add or drop are noted down; after the save has been committed or rolled
back, and its files are tidied up, the note goes away. A note that is still there at the next
start belongs to a process that died: the row then decides which of its files stay.

Several processes may share a data directory, so each keeps its notes in a folder of its own and
holds a lock on it; the operating system frees the lock when the process dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
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
_LOCK = "lock"
_UNFINISHED = ".new"


@dataclass(frozen=True, slots=True)
class Intent:
    """The note of one save."""

    path: Path


class Intents:
    """The notes of one process, one small file each."""

    __slots__ = ("_folder", "_lock", "_own")

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._own = self._folder
        self._lock: int | None = None

    async def open(self) -> None:
        """Make this process's folder, and lock it.

        Raises:
            StorageError: the disk refused.
        """
        self._own = self._folder / token_hex(8)  # only now: a process may have been forked
        self._lock = await on_disk(_make_locked, self._own)

    async def close(self) -> None:
        """Give the folder back; notes that are left wait in it for the next start's sweep."""
        lock, self._lock = self._lock, None
        if lock is not None:
            await on_disk(_unlock, self._own, lock)

    async def begin(self, collection_id: str, record_id: str, names: Iterable[str]) -> Intent:
        """Note down the names of the files that a save of this record adds or drops.

        Raises:
            StorageError: the disk refused.
        """
        note = {"collection": collection_id, "record": record_id, "names": list(names)}
        path = self._own / f"{token_hex(8)}.json"
        await on_disk(_write, path, orjson.dumps(note))
        return Intent(path)

    async def end(self, intent: Intent) -> None:
        """Forget a note, whose files are now as the row says."""
        await on_disk(intent.path.unlink, missing_ok=True)

    async def sweep(self, ctx: Context) -> None:
        """Delete what dead processes left behind; those that live are left alone.

        What the storage refuses to delete stays noted for the next start.
        """
        for folder in await on_disk(_list_folders, self._folder):
            lock = await on_disk(_try_lock, folder)
            if lock is None:
                continue
            try:
                for path in await on_disk(_list_notes, folder):
                    await self._sweep_note(ctx, path)
            finally:
                await on_disk(_unlock, folder, lock)

    async def _sweep_note(self, ctx: Context, path: Path) -> None:
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
    partial = path.with_suffix(".part")
    partial.write_bytes(note)
    partial.replace(path)


def _list_notes(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _read(path: Path) -> JsonValue:
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return None
    return found


def _list_folders(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{_LOCK}"))


def _make_locked(folder: Path) -> int:
    """Return the lock of a new folder, which has its name only once it is locked."""
    unfinished = folder.with_suffix(_UNFINISHED)
    unfinished.mkdir(parents=True)
    lock = os.open(unfinished / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    unfinished.rename(folder)
    return lock


def _try_lock(folder: Path) -> int | None:
    """Return the lock of a folder whose process is dead; None when it lives."""
    if folder.suffix == _UNFINISHED:
        return None
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:  # another start was faster
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _unlock(folder: Path, lock: int) -> None:
    """Remove a folder without notes, and let go of the lock."""
    if not _list_notes(folder):
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()  # not the last process

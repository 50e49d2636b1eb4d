"""The files of a save: stored before the transaction, tidied up after it.

A note (`ctx.intents`) says which files a save adds and drops, so that what a crash or a failing
storage leaves behind is swept at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pbpy.errors import ConstraintViolation, StorageError
from pbpy.files.names import file_key, record_key, thumbs_key
from pbpy.records.layout import layout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pbpy.context import Context
    from pbpy.fields.file import File
    from pbpy.files.intents import Intent
    from pbpy.files.upload import Upload
    from pbpy.records.record import Record
    from pbpy.schema.collection import Collection
    from pbpy.store.access import Transaction

_RESERVED_ENDING: Final = ".attrs"
"""PocketBase keeps what it knows of a local file beside it, under its name with this ending."""


class FileChange:
    """The files that one save of a record adds and drops."""

    __slots__ = (
        "_added",
        "_collection_id",
        "_ctx",
        "_dropped",
        "_notes",
        "_record_id",
        "_settled",
        "_whole",
    )

    def __init__(self, ctx: Context, record: Record) -> None:
        self._ctx = ctx
        self._collection_id = record.collection.id
        self._record_id = record.id
        self._added: list[str] = []
        self._dropped: set[str] = set()
        self._notes: list[Intent] = []
        self._settled = False
        self._whole = False

    async def store(self, record: Record) -> None:
        """Store the uploads of record that are not stored yet.

        Raises:
            StorageError: the storage refused; `undo` removes what was stored.
            ConstraintViolation: a name is reserved.
        """
        fields = [item for item in _file_fields(record.collection) if record.is_set(item.name)]
        if not fields:
            return
        uploads = [
            upload
            for item in fields
            for upload in item.uploads(record.get(item.name))
            if upload.name not in self._added
        ]
        leaving = _leaving(record, fields) - self._dropped
        if not uploads and not leaving:
            return
        for upload in uploads:
            if upload.name.endswith(_RESERVED_ENDING):
                raise ConstraintViolation(f"no file may be named {upload.name}")
        self._record_id = record.id
        self._dropped |= leaving
        await self._note([*(upload.name for upload in uploads), *leaving])
        for upload in uploads:
            self._added.append(upload.name)
            await self._put(upload)

    async def _put(self, upload: Upload) -> None:
        key = file_key(self._collection_id, self._record_id, upload.name)
        await self._ctx.storage.put(
            key, upload.open(), upload.content_type.value, upload.original_name
        )

    async def drop_all(self, record: Record) -> None:
        """Note that the record is about to be deleted with all its files."""
        names = [
            name
            for item in _file_fields(record.collection)
            for name in item.names(record.original(item.name))
        ]
        if names:
            self._whole = True
            await self._note(names)

    async def _note(self, names: Iterable[str]) -> None:
        self._notes.append(
            await self._ctx.intents.begin(self._collection_id, self._record_id, names)
        )

    def follow(self, tx: Transaction) -> None:
        """Tidy up when the transaction ends, one way or the other."""
        tx.after_rollback(self.undo)
        tx.after_commit(self.finish)

    def settle(self, record: Record) -> None:
        """Take the row that was written as the truth about which files are dropped.

        Without it, when a hook ended the chain before the row, `finish` drops nothing.
        """
        self._settled = True
        self._dropped = _leaving(record, _file_fields(record.collection))

    async def finish(self) -> None:
        """Delete what the committed save dropped."""
        if not self._settled:
            await self.undo()
        elif self._whole:
            await self._tidy(self._delete_all)
        elif self._dropped or self._notes:
            await self._tidy(lambda: self._delete(self._dropped))

    async def undo(self) -> None:
        """Delete what the save that failed added; does nothing the second time."""
        if self._notes:
            added, self._added = self._added, []
            await self._tidy(lambda: self._delete(added))

    async def _tidy(self, delete: Callable[[], Any]) -> None:
        """Delete files and forget the notes; what fails is left to the sweep."""
        notes, self._notes = self._notes, []
        try:
            await delete()
            for note in notes:
                await self._ctx.intents.end(note)
        except (StorageError, OSError) as error:
            self._ctx.log.warning(
                "files of %s/%s are left until the next start: %s",
                self._collection_id,
                self._record_id,
                error,
            )

    async def _delete(self, names: Iterable[str]) -> None:
        storage = self._ctx.storage
        for name in names:
            await storage.delete(file_key(self._collection_id, self._record_id, name))
            await storage.delete_prefix(thumbs_key(self._collection_id, self._record_id, name))

    async def _delete_all(self) -> None:
        await self._ctx.storage.delete_prefix(record_key(self._collection_id, self._record_id))


class _NoFiles(FileChange):
    """The change of a record whose collection has no file fields."""

    __slots__ = ()

    def __init__(self) -> None:
        """Need nothing."""

    async def store(self, record: Record) -> None:
        """Store nothing."""

    async def drop_all(self, record: Record) -> None:
        """Note nothing."""

    def follow(self, tx: Transaction) -> None:
        """Tidy up nothing."""

    def settle(self, record: Record) -> None:
        """Drop nothing."""

    async def finish(self) -> None:
        """Delete nothing."""

    async def undo(self) -> None:
        """Delete nothing."""


NO_FILES: Final = _NoFiles()


def file_change(ctx: Context, record: Record) -> FileChange:
    """Return the change of files that goes with a save or a deletion of record."""
    return FileChange(ctx, record) if layout_of(record.collection).file_names else NO_FILES


def _file_fields(collection: Collection) -> list[File]:
    return [cast("File", collection.by_name[name]) for name in layout_of(collection).file_names]


def _leaving(record: Record, fields: Iterable[File]) -> set[str]:
    """Return the stored names that the record no longer holds."""
    return {
        name
        for item in fields
        for name in set(item.names(record.original(item.name)))
        - set(item.names(record.get(item.name)))
    }

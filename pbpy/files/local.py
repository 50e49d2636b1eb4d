"""LocalStorage: files in a directory, laid out as PocketBase does.

Beside each file lies `{file}.attrs`, a JSON object with its content type, its original name
and its MD5; without it a file is of no known type.
"""

from __future__ import annotations

import base64
import contextlib
import glob
import hashlib
import os
import shutil
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import orjson

from pbpy.errors import StorageError
from pbpy.files.disk import on_disk
from pbpy.files.storage import ORIGINAL_NAME, FileInfo, OpenFile
from pbpy.files.type_names import BINARY

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.errors import JsonValue

FileInfos: TypeAlias = "list[FileInfo]"


ATTRS = ".attrs"
TEMPORARY = ".tmp"

_CHUNK_BYTES = 1 << 20
_MAX_ORIGINAL_BYTES = 255
_RECORD_DEPTH = 2
"""Folders this far below the root, and deeper ones, go away when they are empty."""
_MKDIR_ATTEMPTS = 50


class LocalStorage:
    """Files below one directory; fulfils `pbpy.files.storage.Storage`."""

    __slots__ = ("_root",)

    def __init__(self, root: Path) -> None:
        self._root = root

    async def open(self, key: str) -> OpenFile | None:
        """Open a file; None when there is none."""
        return await on_disk(self._open, self._path(key), key)

    async def put(
        self, key: str, source: BinaryIO, content_type: str, original_name: str = ""
    ) -> None:
        """Store the rest of source under key, by a temporary file that takes its place."""
        await on_disk(self._put, self._path(key), source, content_type, original_name)

    async def delete(self, key: str) -> bool:
        """Delete a file, what an unfinished `put` left of it, and then empty folders."""
        return await on_disk(self._delete, self._path(key))

    async def delete_prefix(self, prefix: str) -> None:
        """Delete the folder prefix with all that is in it."""
        await on_disk(self._delete_folder, self._path(prefix))

    async def list(self, prefix: str) -> list[FileInfo]:
        """Return every file below the folder prefix, ordered by key."""
        folder = self._path(prefix) if prefix.strip("/") else self._root
        return await on_disk(self._list, folder)

    async def stat(self, key: str) -> FileInfo | None:
        """Return what is known of a file; None when there is none."""
        return await on_disk(self._stat, self._path(key), key)

    def _path(self, key: str) -> Path:
        """Return the path of a key, which never leaves the root.

        Raises:
            StorageError: a part is empty, `.` or `..`, or ends as a sidecar does.
        """
        parts = key.rstrip("/").split("/")
        for part in parts:
            if part in ("", ".", "..") or "\0" in part or os.sep in part or part.endswith(ATTRS):
                raise StorageError(f"invalid key {key!r}")
        return self._root.joinpath(*parts)

    def _open(self, path: Path, key: str) -> OpenFile | None:
        try:
            source = path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        return OpenFile(source, _read_info(path, key, os.fstat(source.fileno())))

    def _stat(self, path: Path, key: str) -> FileInfo | None:
        if not path.is_file():
            return None
        return _read_info(path, key, path.stat())

    def _put(self, path: Path, source: BinaryIO, content_type: str, original_name: str) -> None:
        temporary = path.with_name(f"{path.name}.{token_hex(8)}{TEMPORARY}")
        sidecar = temporary.with_name(f"{temporary.name}{ATTRS}")
        try:
            with _create(temporary) as target:
                digest = _copy(source, target)
            sidecar.write_bytes(_attrs(content_type, original_name, digest))
            sidecar.replace(_sidecar(path))
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            sidecar.unlink(missing_ok=True)
            raise

    def _delete(self, path: Path) -> bool:
        for partial in path.parent.glob(f"{glob.escape(path.name)}.*{TEMPORARY}*"):
            partial.unlink(missing_ok=True)
        try:
            path.unlink()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
            if path.is_file():
                raise
            self._delete_empty_folders(path.parent)
            return False
        _sidecar(path).unlink(missing_ok=True)
        self._delete_empty_folders(path.parent)
        return True

    def _delete_folder(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(path)
        self._delete_empty_folders(path.parent)

    def _delete_empty_folders(self, folder: Path) -> None:
        while len(folder.relative_to(self._root).parts) >= _RECORD_DEPTH:
            try:
                folder.rmdir()
            except OSError:
                return  # not empty, or gone already
            folder = folder.parent

    def _list(self, folder: Path) -> FileInfos:
        found = [
            (path.relative_to(self._root).as_posix(), path)
            for path in folder.rglob("*")
            if path.suffix not in (ATTRS, TEMPORARY) and path.is_file()
        ]
        return [_read_info(path, key, path.stat()) for key, path in sorted(found)]


def _create(path: Path) -> BinaryIO:
    """Create a file and its folder, which others may be deleting because it was empty."""
    for _ in range(_MKDIR_ATTEMPTS):
        # It may go between any two of these steps.
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    return path.open("xb")


def _copy(source: BinaryIO, target: BinaryIO) -> bytes:
    """Copy the rest of source and return its MD5, which PocketBase stores."""
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)
        digest.update(chunk)
    return digest.digest()


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ATTRS)


def _attrs(content_type: str, original_name: str, digest: bytes) -> bytes:
    kept = original_name.encode()[:_MAX_ORIGINAL_BYTES].decode("utf-8", "ignore")
    return orjson.dumps(
        {
            "user.cache_control": "",
            "user.content_disposition": "",
            "user.content_encoding": "",
            "user.content_language": "",
            "user.content_type": content_type,
            "user.metadata": {ORIGINAL_NAME: kept} if kept else None,
            "md5": base64.b64encode(digest).decode(),
        }
    )


def _read_info(path: Path, key: str, status: os.stat_result) -> FileInfo:
    attrs = _read_attrs(_sidecar(path))
    content_type = attrs.get("user.content_type") or BINARY
    metadata = attrs.get("user.metadata") or {}
    return FileInfo(key, status.st_size, status.st_mtime, content_type, metadata)


def _read_attrs(path: Path) -> dict[str, JsonValue]:
    try:
        found = orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}

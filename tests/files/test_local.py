"""LocalStorage: PocketBase's layout, whole files only, nothing outside of its root."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import StorageError
from pbpy.files.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

KEY = "pbc_1/r1/a_x.txt"


@pytest.fixture(name="storage")
def make_storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


def run(work: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await work

    return asyncio.run(wait())


def put(storage: LocalStorage, key: str = KEY, data: bytes = b"hello") -> None:
    run(storage.put(key, io.BytesIO(data), "text/plain; charset=utf-8", "a.txt"))


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_a_stored_file_comes_back(storage: LocalStorage) -> None:
    put(storage)
    opened = run(storage.open(KEY))
    with opened.source as source:
        assert source.read() == b"hello"
    assert opened.info.size == 5
    assert opened.info.content_type == "text/plain; charset=utf-8"
    assert opened.info.metadata == {"original-filename": "a.txt"}
    assert run(storage.stat(KEY)) == opened.info


def test_the_sidecar_is_that_of_pocketbase(storage: LocalStorage, tmp_path: Path) -> None:
    run(storage.put(KEY, io.BytesIO(b"hello"), "text/plain; charset=utf-8", "a&b<c>'é.txt"))
    sidecar = (tmp_path / "storage" / f"{KEY}.attrs").read_text()
    # The bytes that PocketBase 0.40.6 wrote for the same file.
    assert sidecar == (
        '{"user.cache_control":"","user.content_disposition":"","user.content_encoding":"",'
        '"user.content_language":"","user.content_type":"text/plain; charset=utf-8",'
        '"user.metadata":{"original-filename":"a&b<c>\'é.txt"},'
        '"md5":"XUFAKrxLKna5cZ2REBfFkg=="}'
    )
    assert files(tmp_path) == [
        "storage",
        "storage/pbc_1",
        "storage/pbc_1/r1",
        f"storage/{KEY}",
        f"storage/{KEY}.attrs",
    ]


def test_a_long_original_name_is_cut_between_characters(
    storage: LocalStorage, tmp_path: Path
) -> None:
    run(storage.put(KEY, io.BytesIO(b""), "text/plain", "é" * 200))
    attrs = json.loads((tmp_path / "storage" / f"{KEY}.attrs").read_text())
    assert attrs["user.metadata"]["original-filename"] == "é" * 127


def test_a_file_without_sidecar_is_of_no_known_type(storage: LocalStorage, tmp_path: Path) -> None:
    put(storage)
    (tmp_path / "storage" / f"{KEY}.attrs").unlink()
    info = run(storage.stat(KEY))
    assert (info.content_type, info.metadata) == ("application/octet-stream", {})


def test_missing_files(storage: LocalStorage) -> None:
    put(storage)
    for key in ("pbc_1/r1/other", "pbc_1/r1", "pbc_9/r1/x", f"{KEY}/below"):
        assert run(storage.open(key)) is None
        assert run(storage.stat(key)) is None
        assert run(storage.delete(key)) is False
    run(storage.delete_prefix("pbc_9/r1"))
    assert run(storage.stat(KEY)) is not None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "..",
        "a/../../b",
        "../a",
        "/etc/passwd",
        "a//b",
        "./a",
        "a/./b",
        "a/b\0c",
        "a/b.attrs",
    ],
)
def test_keys_that_are_no_plain_path_are_refused(storage: LocalStorage, key: str) -> None:
    put(storage)
    for work in (
        storage.open(key),
        storage.stat(key),
        storage.delete(key),
        storage.delete_prefix(key),
        storage.put(key, io.BytesIO(b""), "x"),
    ):
        with pytest.raises(StorageError):
            run(work)
    assert run(storage.stat(KEY)) is not None


def test_a_replaced_file_is_whole(storage: LocalStorage, tmp_path: Path) -> None:
    put(storage)
    opened = run(storage.open(KEY))
    put(storage, data=b"other content")
    with opened.source as source:
        assert source.read() == b"hello"
    assert run(storage.stat(KEY)).size == 13
    assert not [name for name in files(tmp_path) if ".tmp" in name]


class BrokenFile(io.BytesIO):
    """A source that ends in an error."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "broken", "source")


def test_a_write_that_fails_leaves_nothing(storage: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="broken"):
        run(storage.put(KEY, BrokenFile(), "text/plain"))
    assert [name for name in files(tmp_path) if "a_x" in name] == []


def test_empty_record_folders_go_away_the_collection_stays(
    storage: LocalStorage, tmp_path: Path
) -> None:
    put(storage)
    put(storage, "pbc_1/r1/b.txt")
    assert run(storage.delete(KEY))
    assert (tmp_path / "storage/pbc_1/r1").is_dir()
    assert run(storage.delete("pbc_1/r1/b.txt"))
    assert files(tmp_path / "storage") == ["pbc_1"]


def test_thumbs_go_with_their_folder(storage: LocalStorage, tmp_path: Path) -> None:
    put(storage, "pbc_1/r1/thumbs_a.png/100x100_a.png")
    run(storage.delete_prefix("pbc_1/r1/thumbs_a.png"))
    assert files(tmp_path / "storage") == ["pbc_1"]


def test_a_prefix_is_a_folder_not_the_beginning_of_a_name(storage: LocalStorage) -> None:
    put(storage, "pbc_1/r1/a.txt")
    put(storage, "pbc_12/r1/a.txt")
    run(storage.delete_prefix("pbc_1"))
    assert [info.key for info in run(storage.list(""))] == ["pbc_12/r1/a.txt"]


def test_files_are_listed_by_key(storage: LocalStorage) -> None:
    for key in ("pbc_1/r2/b", "pbc_1/r1/z", "pbc_1/r1/a", "pbc_2/r1/a"):
        put(storage, key)
    assert [info.key for info in run(storage.list("pbc_1"))] == [
        "pbc_1/r1/a",
        "pbc_1/r1/z",
        "pbc_1/r2/b",
    ]
    assert len(run(storage.list(""))) == 4
    assert run(storage.list("pbc_3")) == []


def test_writers_and_deleters_of_one_record_do_not_collide(storage: LocalStorage) -> None:
    async def add_and_remove(number: int) -> None:
        key = f"pbc_1/r1/{number}.txt"
        for _ in range(20):
            await storage.put(key, io.BytesIO(b"x"), "text/plain")
            await storage.delete(key)

    async def work() -> None:
        await asyncio.gather(*(add_and_remove(number) for number in range(4)))

    asyncio.run(work())
    assert run(storage.list("")) == []


def test_a_cancelled_write_has_ended_when_the_caller_goes_on(
    storage: LocalStorage, tmp_path: Path
) -> None:
    async def work() -> None:
        task = asyncio.create_task(storage.put(KEY, io.BytesIO(b"x" * 10_000_000), "text/plain"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not [name for name in files(tmp_path) if ".tmp" in name]

    asyncio.run(work())


def test_delete_removes_what_an_unfinished_put_left(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "storage")
    folder = tmp_path / "storage" / "pbc_1" / "r1"
    folder.mkdir(parents=True)
    (folder / "a[1].txt.0123456789abcdef.tmp").write_bytes(b"half")
    (folder / "a[1].txt.0123456789abcdef.tmp.attrs").write_bytes(b"{}")
    assert asyncio.run(storage.delete("pbc_1/r1/a[1].txt")) is False
    assert not folder.exists()

"""An empty data directory against the one that the real PocketBase makes."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pbpy.config import Config
from pbpy.errors import ConfigError
from pbpy.migrate.system import initialise
from pbpy.store.sql import Sql
from pbpy.store.store import Store
from tests.servers import find_command, run_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.store.sql import Row

MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master"
COLLECTIONS = (
    "SELECT rowid, id, system, type, name, fields, indexes, listRule, viewRule, createRule,"
    " updateRule, deleteRule, options FROM _collections"
)
ROWS = (
    COLLECTIONS,
    "SELECT file FROM _migrations ORDER BY rowid",
    "SELECT id, value, typeof(value) FROM _params",
    "SELECT * FROM sqlite_stat1",
    "SELECT typeof(file), typeof(applied), length(applied) FROM _migrations",
    "SELECT typeof(system), typeof(options), length(created), length(updated) FROM _collections",
    "SELECT length(created), length(updated) FROM _params",
)
FILES = ("data.db", "auxiliary.db")
ADMIN = ("superuser", "upsert", "root@example.com", "1234567890")

needs_pocketbase = pytest.mark.skipif(
    find_command("pocketbase") is None, reason="the real PocketBase is not installed"
)


def on_store(folder: Path, work: Callable[[Store, Config], Awaitable[None]]) -> None:
    async def main() -> None:
        config = Config(data_dir=folder)
        store = await Store.open(config)
        try:
            await work(store, config)
        finally:
            await store.close()

    asyncio.run(main())


def dump(folder: Path) -> list[list[Row]]:
    """Return everything that should be the same in any fresh directory."""
    found: list[list[Row]] = []

    async def read(store: Store, _: Config) -> None:
        found.append(await store.auxiliary.all(Sql(MASTER)))
        found.extend(
            [
                [without_secrets(row) for row in await store.data.all(Sql(text))]
                for text in (MASTER, *ROWS)
            ]
        )

    on_store(folder, read)
    return found


def without_secrets(row: Row) -> Row:
    return tuple(
        re.sub(r'"secret":"[^"]{50}"', '"secret":""', value) if isinstance(value, str) else value
        for value in row
    )


def make(folder: Path) -> None:
    on_store(folder, initialise)


@needs_pocketbase
def test_an_empty_directory_becomes_what_pocketbase_makes_of_it(tmp_path: Path) -> None:
    run_command("pocketbase", *ADMIN, "--dir", str(tmp_path / "theirs" / "pb_data"))
    make(tmp_path / "ours" / "pb_data")
    theirs = dump(tmp_path / "theirs" / "pb_data")
    ours = dump(tmp_path / "ours" / "pb_data")
    for mine, real in zip(ours, theirs, strict=True):
        assert mine == real


@needs_pocketbase
def test_pocketbase_opens_our_directory_and_changes_nothing_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "pb_data"
    make(folder)
    before = dump(folder)
    run_command("pocketbase", *ADMIN, "--dir", str(folder))
    assert dump(folder) == before


@needs_pocketbase
def test_a_directory_of_pocketbase_is_not_changed(tmp_path: Path) -> None:
    folder = tmp_path / "pb_data"
    run_command("pocketbase", *ADMIN, "--dir", str(folder))

    before = [(folder / name).read_bytes() for name in FILES]
    make(folder)
    assert [(folder / name).read_bytes() for name in FILES] == before


def test_secrets_differ_between_directories_and_collections(tmp_path: Path) -> None:
    found: list[str] = []

    async def read(store: Store, config: Config) -> None:
        await initialise(store, config)
        for (options,) in await store.data.all(Sql("SELECT options FROM _collections")):
            found.extend(re.findall(r'"secret":"([a-zA-Z0-9]{50})"', str(options)))

    on_store(tmp_path / "a", read)
    on_store(tmp_path / "b", read)
    assert len(found) == len(set(found)) == 20


def test_logs_and_settings_that_vanished_come_back(tmp_path: Path) -> None:
    make(tmp_path)
    whole = dump(tmp_path)
    (tmp_path / "auxiliary.db").unlink()

    async def lose_settings(store: Store, _: Config) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(Sql("DELETE FROM _params"))

    on_store(tmp_path, lose_settings)
    make(tmp_path)
    again = dump(tmp_path)
    assert {tuple(rows) for rows in again} - {tuple(rows) for rows in whole} == {
        # The log migration was applied again, so it stands last now.
        tuple(sorted(again[3], key=lambda row: row[0] == "1640988000_aux_init.go"))
    }


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (
            "DELETE FROM _migrations WHERE file LIKE '%normalize%'",
            "1778828400_normalize_indexes.go",
        ),
        ("DELETE FROM _migrations WHERE file LIKE '%migrate2%'", "v0.23_migrate2.go"),
        ("DROP TABLE _migrations", "1640988000_init.go"),
    ],
)
def test_a_directory_of_an_older_pocketbase_is_refused(
    tmp_path: Path, damage: str, named: str
) -> None:
    make(tmp_path)

    async def age(store: Store, _: Config) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(Sql(damage))

    on_store(tmp_path, age)
    before = tmp_path / "data.db"
    content = before.read_bytes()
    with pytest.raises(ConfigError, match=re.escape(named)) as caught:
        make(tmp_path)
    assert "start PocketBase 0.40 on it once" in str(caught.value)
    assert before.read_bytes() == content


def test_migrations_of_apps_do_not_matter(tmp_path: Path) -> None:
    make(tmp_path)

    async def add(store: Store, _: Config) -> None:
        async with store.data.transaction() as tx:
            await tx.execute(Sql("INSERT INTO _migrations VALUES ('1800000000_app.js', 1)"))

    on_store(tmp_path, add)
    make(tmp_path)


def test_several_processes_may_start_at_once_on_an_empty_directory(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.migrate.test_system import make\n"
        "sys.stdin.readline()\n"
        "make(Path(sys.argv[1]))\n"
    )
    folder = tmp_path / "pb_data"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            stdin=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert [len(rows) for rows in dump(folder)][2:4] == [6, 8]


def test_a_failure_leaves_an_empty_directory_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOO_SHORT", "key")

    async def fail(store: Store, _: Config) -> None:
        config = Config(data_dir=tmp_path, encryption_env="TOO_SHORT")
        with pytest.raises(ConfigError, match="it must have 32"):
            await initialise(store, config)
        assert await store.data.all(Sql(MASTER)) == []
        assert await store.auxiliary.all(Sql(MASTER)) == []

    on_store(tmp_path, fail)

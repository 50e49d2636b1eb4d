"""The same requests leave the same tables, indexes, views and stored values in both files."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import apsw
import pytest

from tests.differential.batteries import base, field
from tests.differential.compare import Comparer
from tests.differential.exchange import Side
from tests.differential.pair import start_twin
from tests.differential.steps import collections, fixture, scenario, su
from tests.differential.test_data_dir import CHANGES, FILL, run
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]{50}(?![A-Za-z0-9])|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"
)
PRAGMAS = ("page_size", "auto_vacuum", "encoding", "user_version", "application_id", "journal_mode")
DATABASES = ("data.db", "auxiliary.db")

WRITTEN_BY_SIGN_IN = {"_authOrigins"}
"""Tables of what sign-in alerts need; their rows are compared with the rest of auth."""

SCHEMA_CHANGES = scenario(
    "schema changes",
    base("df_a", field("text", "zeta", id="z1"), field("number", "alpha", id="a1")),
    fixture(
        su.patch(
            collections("df_a"),
            {
                "fields": [
                    field("number", "alpha", id="a1"),
                    field("text", "renamed", id="z1"),
                    field("select", "s", id="s1", values=["a", "b"], maxSelect=2),
                    field("json", "js"),
                    field("bool", "a_bool"),
                ],
                "indexes": ["create index df_i on df_a (alpha)"],
            },
        )
    ),
    fixture(
        su.patch(
            collections("df_a"),
            {
                "fields": [
                    field("text", "renamed", id="z1"),
                    field("select", "s", id="s1", values=["a", "b"]),
                ],
                "indexes": ["create unique index df_i on other (renamed, s desc) where s != ''"],
            },
        )
    ),
    fixture(su.patch(collections("df_a"), {"name": "df_b"})),
    base("df_gone", field("text", "t")),
    fixture(su.delete(collections("df_gone"))),
)


class Files:
    """The two data directories after the same requests, and what corresponds in them."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders
        self.comparer = Comparer(("left", "right"), datetime.now(UTC))

    def query(self, side: str, database: str, sql: str) -> list[str]:
        path = self.folders[side] / "pb_data" / database
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            rows = connection.execute(sql).fetchall()
        finally:
            connection.close()
        return [SECRETS.sub("secret", " | ".join(str(value) for value in row)) for row in rows]

    def both(self, database: str, sql: str) -> tuple[list[str], list[str]]:
        return self.query("left", database, sql), self.query("right", database, sql)

    def check(self, database: str, sql: str) -> None:
        left, right = self.both(database, sql)
        pairs = zip(left, right, strict=False)
        other = [pair for pair in pairs if not self.comparer.same_text(*pair, strict=True)]
        assert other == []
        assert len(left) == len(right), (left, right)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folders = {side: tmp_path_factory.mktemp(side) for side in ("left", "right")}
    since = datetime.now(UTC)
    for start, folder in ((start_pocketbase, folders["left"]), (start_twin, folders["right"])):
        with start(folder) as server:
            side = Side(server)
            run(side, (*FILL.steps, *CHANGES.steps, *SCHEMA_CHANGES.steps))
            side.disconnect()
    files = Files(folders)
    files.comparer.since = since
    return files


def test_same_names_of_tables_indexes_and_views(files: Files) -> None:
    for database in DATABASES:
        files.check(database, "select type, name, tbl_name from sqlite_master order by type, name")


@pytest.mark.parametrize("kind", ["table", "index", "view", "trigger"])
def test_same_definitions(files: Files, kind: str) -> None:
    sql = f"select name, sql from sqlite_master where type = '{kind}' order by name"
    for database in DATABASES:
        files.check(database, sql)


def test_same_columns_types_and_defaults(files: Files) -> None:
    sql = (
        'select m.name, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk'
        " from sqlite_master m join pragma_table_info(m.name) c"
        " where m.type in ('table', 'view') order by m.name, c.cid"
    )
    for database in DATABASES:
        files.check(database, sql)


def test_same_pragmas(files: Files) -> None:
    for database in DATABASES:
        for pragma in PRAGMAS:
            files.check(database, f"pragma {pragma}")


def test_same_migrations(files: Files) -> None:
    files.check("data.db", "select file from _migrations order by file")
    files.check(
        "data.db", "select file, typeof(applied), length(applied) from _migrations order by file"
    )


def test_same_settings(files: Files) -> None:
    files.check("data.db", "select id, value, created, updated from _params order by id")


@pytest.mark.parametrize("column", ["id", "system", "type", "name", "fields", "indexes", "options"])
def test_same_stored_collections(files: Files, column: str) -> None:
    value = f'"{column}"'
    files.check(
        "data.db", f"select name, typeof({value}), {value} from _collections order by rowid"
    )


def test_same_stored_rules(files: Files) -> None:
    rules = '"listRule", "viewRule", "createRule", "updateRule", "deleteRule", created, updated'
    files.check("data.db", f"select name, {rules} from _collections order by rowid")


def test_same_stored_rows(files: Files) -> None:
    tables = files.query("left", "data.db", "select name from _collections where type != 'view'")
    for table in set(tables) - WRITTEN_BY_SIGN_IN:
        columns = files.query("left", "data.db", f"select name from pragma_table_info('{table}')")
        cells = ", ".join(f'typeof("{name}"), "{name}"' for name in columns)
        files.check("data.db", f'select {cells} from "{table}" order by rowid')


def test_same_files_on_disk(files: Files) -> None:
    trees = []
    for side in ("left", "right"):
        root = files.folders[side] / "pb_data" / "storage"
        trees.append("\n".join(sorted(str(path.relative_to(root)) for path in root.rglob("*"))))
    assert len(trees[0].splitlines()) == len(trees[1].splitlines()), trees
    assert re.sub(r"_\w{10}\.", ".", trees[0]) == re.sub(r"_\w{10}\.", ".", trees[1])


def test_same_attributes_beside_files(files: Files) -> None:
    contents = []
    for side in ("left", "right"):
        root = files.folders[side] / "pb_data" / "storage"
        paths = sorted(root.rglob("*.attrs"), key=lambda path: re.sub(r"_\w{10}\.", ".", path.name))
        contents.append([path.read_text(encoding="utf-8") for path in paths])
    assert contents[0] != []
    assert contents[0] == contents[1]

"""What app developers do with an App: collections, records and SQL of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.errors import NotFound, SqlRejected, StoreError
from pbpy.migrations import Collection, Number, Record, Text
from pbpy.store.sql import Sql
from tests.schema.apps import run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App

NOTES = Collection.new_base("notes", fields=[Text("title"), Number("n")])


def test_a_save_gives_back_what_was_stored(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        notes = await app.save(NOTES)
        assert notes.created
        assert app.get_collection("notes") == app.find_collection(notes.id) == notes
        record = Record(notes, {"title": "a"})
        assert await app.save(record) is record
        assert await app.find_record("notes", record.id)

    run(tmp_path, scenario)


def test_an_unknown_collection_is_not_found(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        assert app.find_collection("nope") is None
        with pytest.raises(NotFound, match="nope"):
            app.get_collection("nope")

    run(tmp_path, scenario)


def test_sql_takes_values_by_place_and_by_name(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        notes = await app.save(NOTES)
        for number in range(3):
            await app.save(Record(notes, {"title": "it's", "n": number}))
        assert await app.execute("UPDATE notes SET n = n + ? WHERE n > ?", [10, 0]) == 2
        rows = await app.query("SELECT title AS t, n FROM notes WHERE n >= {:n}", {"n": 11})
        assert sorted(rows, key=lambda row: str(row["n"])) == [
            {"t": "it's", "n": 11},
            {"t": "it's", "n": 12},
        ]
        assert await app.query("SELECT n FROM notes WHERE title = ?", ["'"]) == []

    run(tmp_path, scenario)


def test_sql_takes_part_in_the_transaction(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        with pytest.raises(SqlRejected):
            async with app.transaction() as tx_app:
                await tx_app.execute("CREATE TABLE extra (x); INSERT INTO extra VALUES (1)")
                assert await tx_app.query("SELECT x FROM extra") == [{"x": 1}]
                await tx_app.execute("nonsense")
        assert await app.db.value(Sql("SELECT 1 FROM sqlite_schema WHERE name = 'extra'")) is None

    run(tmp_path, scenario)


def test_a_query_cannot_write(tmp_path: Path) -> None:
    async def scenario(app: App) -> None:
        await app.save(NOTES)
        with pytest.raises(StoreError, match="readonly"):
            await app.query("DELETE FROM notes")

    run(tmp_path, scenario)

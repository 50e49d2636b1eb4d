"""The database behind `answers/filters.json`: what a PocketBase server answered to filters.

The file holds collections, rows, and for each question who asked (a superuser, a guest or a
user), the filter and sort, and the answer: rowids in order, or a status. `unordered` marks
answers whose order comes from statistics that SQLite gathered there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import apsw

from pbpy.records.record import Record
from pbpy.records.request_info import RequestInfo
from pbpy.schema.auth_options import AuthOptions
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection
from pbpy.schema.stored import load_field
from pbpy.store.sql import Row, Sql, quote_identifier

ANSWERS = json.loads((Path(__file__).parent / "answers" / "filters.json").read_text())


def load_collection(body: dict[str, Any]) -> Collection:
    """Return the collection of one entry of the file."""
    return Collection(
        id=body["id"],
        name=body["name"],
        type=body["type"],
        system=bool(body["system"]),
        fields=tuple(load_field(field) for field in body["fields"]),
        indexes=tuple(body["indexes"]),
        list_rule=body["listRule"],
        auth=AuthOptions() if body["type"] == "auth" else None,
        view_query=body["options"].get("viewQuery", ""),
    )


@dataclass
class World:
    """An in-memory database with the rows of the file."""

    db: apsw.Connection
    catalog: Catalog

    @cached_property
    def people(self) -> dict[str, Record | None]:
        """Who asks: `su`, `user` and `guest`."""
        return {
            "su": self.record("_superusers", Sql("1")),
            "user": self.record("users", Sql("id = ?", (ANSWERS["user"],))),
            "guest": None,
        }

    def collection(self, name: str) -> Collection:
        """Return a collection by name."""
        found = self.catalog.find(name)
        assert found is not None
        return found

    def record(self, name: str, where: Sql) -> Record:
        """Return the first record that a condition finds."""
        collection = self.collection(name)
        names = ", ".join(quote_identifier(field.name) for field in collection.fields)
        text = f"SELECT {names} FROM {quote_identifier(name)} WHERE {where.text} LIMIT 1"
        return Record.from_row(collection, self.rows(Sql(text, where.params))[0])

    def info(self, person: str, **more: Any) -> RequestInfo:
        """Return a request of somebody."""
        return RequestInfo(auth=self.people[person], **more)

    def rows(self, sql: Sql) -> list[Row]:
        """Run a statement."""
        return list(self.db.execute(sql.text, sql.params))

    def with_rule(self, name: str, rule: str) -> World:
        """Return the world with another list rule for one collection."""
        changed = self.collection(name).replace(list_rule=rule)
        return World(self.db, self.catalog.with_collection(changed))


def build_world() -> World:
    """Return a new world."""
    db = apsw.Connection(":memory:")
    catalog = Catalog(load_collection(body) for body in ANSWERS["collections"])
    for collection in catalog.collections:
        table = quote_identifier(collection.name)
        if collection.is_view:
            db.execute(f"CREATE VIEW {table} AS SELECT * FROM ({collection.view_query})")
            continue
        columns = ", ".join(
            f"{quote_identifier(field.name)} {field.column.value}" for field in collection.fields
        )
        db.execute(f"CREATE TABLE {table} ({columns})")
        for index in collection.indexes:
            db.execute(index)
        stored = ANSWERS["tables"][collection.name]
        names = ", ".join(quote_identifier(name) for name in stored["columns"])
        marks = ", ".join("?" * len(stored["columns"]))
        db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", stored["rows"])
    return World(db, catalog)

"""SQL of the schema: rows of `_collections`, and the conversion of stored values."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.schema.columns import COLUMNS
from pbpy.store.sql import Sql
from pbpy.store.sql import quote_identifier as quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.store.access import Reader, Transaction
    from pbpy.store.sql import Row, SqlValue

_NAMES = ", ".join(quote(name) for name in COLUMNS)
_LOAD = Sql(f"SELECT {_NAMES} FROM `_collections` ORDER BY rowid")
_INSERT = f"INSERT INTO `_collections` ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))})"
_UPDATE = (
    f"UPDATE `_collections` SET {', '.join(f'{quote(name)} = ?' for name in COLUMNS)}"
    " WHERE `id` = ?"
)
_DELETE = "DELETE FROM `_collections` WHERE `id` = ?"

# Counts, since a deleted row leaves no newer timestamp behind.
_STAMP = Sql("SELECT count(*) || max(`updated`) FROM `_collections`")


async def load_collection_rows(db: Reader) -> list[Row]:
    """Return all rows, columns in the order of COLUMNS, by rowid."""
    return await db.all(_LOAD)


async def collection_versions(db: Reader) -> list[tuple[str, str]]:
    """Return (id, moment of the last save) of every collection, by rowid."""
    rows = await db.all(Sql("SELECT `id`, `updated` FROM `_collections` ORDER BY rowid"))
    return cast("list[tuple[str, str]]", rows)


async def insert_collection_row(tx: Transaction, row: Row) -> None:
    """Insert a row of COLUMNS.

    Raises:
        UniqueViolation: its id or name is taken.
    """
    await tx.execute(Sql(_INSERT, row))


async def update_collection_row(tx: Transaction, row: Row) -> None:
    """Replace the row with the same id.

    Raises:
        UniqueViolation: its name is taken.
    """
    await tx.execute(Sql(_UPDATE, (*row, row[COLUMNS.index("id")])))


async def delete_collection_row(tx: Transaction, collection_id: str) -> None:
    """Delete the row with this id."""
    await tx.execute(Sql(_DELETE, (collection_id,)))


async def schema_stamp(db: Reader) -> SqlValue:
    """Return a text that changes whenever a collection is saved or deleted.

    Cheap enough to ask for after `Database.data_version` has changed.
    """
    return await db.value(_STAMP)


def single_to_multiple(table: str, source: str, target: str) -> Sql:
    """Return the statement that fills target with the value of source as a JSON list."""
    old = quote(source)
    return Sql(
        f"UPDATE {quote(table)} SET {quote(target)} = CASE"
        f" WHEN COALESCE({old}, '') = '' THEN '[]'"
        f" WHEN json_valid({old}) AND json_type({old}) = 'array' THEN {old}"
        f" ELSE json_array({old}) END"
    )


def multiple_to_single(table: str, source: str, target: str) -> Sql:
    """Return the statement that fills target with the last element of the list in source."""
    old = quote(source)
    return Sql(
        f"UPDATE {quote(table)} SET {quote(target)} = CASE"
        f" WHEN COALESCE({old}, '[]') = '[]' THEN ''"
        f" WHEN json_valid({old}) AND json_type({old}) = 'array'"
        f" THEN COALESCE(json_extract({old}, '$[#-1]'), '')"
        f" ELSE {old} END"
    )


def view_sample(query: str, columns: Sequence[str], limit: int) -> Sql:
    """Return the statement that reads the first rows of a view query.

    query is wrapped, so that a second statement in it is a syntax error.
    """
    names = ", ".join(quote(name) for name in columns)
    return Sql(f"SELECT {names} FROM (SELECT * FROM ({query})) LIMIT ?", (limit,))


def with_text_id(query: str, columns: Sequence[str]) -> str:
    """Return a view query around another one that gives the same columns, `id` as text."""
    names = ",".join(
        f"CAST({quote(name)} as TEXT) {quote(name)}" if name == "id" else quote(name)
        for name in columns
    )
    return f"SELECT {names} FROM ({query})"


def delete_rows_of_collection(table: str, collection_id: str) -> Sql:
    """Return the statement that removes what a system table keeps of a collection's records."""
    return Sql(f"DELETE FROM {quote(table)} WHERE `collectionRef` = ?", (collection_id,))

"""SQL of the sign-in flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.records.queries import columns_of
from pbpy.store.sql import Sql, quote_identifier

if TYPE_CHECKING:
    from pbpy.records.record import Record
    from pbpy.schema.collection import Collection


def select_by_identity(
    collection: Collection, field_name: str, identity: str, *, ignore_case: bool
) -> Sql:
    """Return the columns of the record whose field equals identity."""
    collate = " COLLATE NOCASE" if ignore_case else ""
    return Sql(
        f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
        f"WHERE {quote_identifier(field_name)} = ?{collate} LIMIT 1",
        (identity,),
    )


def select_any_password(collection: Collection) -> Sql:
    """Return the stored hash of any one record."""
    return Sql(f"SELECT `password` FROM {quote_identifier(collection.name)} LIMIT 1")


def count_superusers_except(email: str) -> Sql:
    """Return how many superusers have another email."""
    return Sql("SELECT COUNT(*) FROM `_superusers` WHERE `email` != ?", (email,))


def select_of_record(collection: Collection, record: Record) -> Sql:
    """Return the rows of a system collection that belong to an auth record, newest first."""
    return Sql(
        f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
        "WHERE `collectionRef` = ? AND `recordRef` = ? ORDER BY `created` DESC",
        (record.collection.id, record.id),
    )


def select_older(collection: Collection, owner_id: str, moment: str) -> Sql:
    """Return the rows that belong to records of one collection and are older than moment."""
    return Sql(
        f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
        "WHERE `collectionRef` = ? AND `created` < ?",
        (owner_id, moment),
    )

"""SQL of the sign-in flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.store.sql import Sql, quote_identifier

if TYPE_CHECKING:
    from pbpy.schema.collection import Collection


def select_by_identity(
    collection: Collection, field_name: str, identity: str, *, ignore_case: bool
) -> Sql:
    """Return the columns of the record whose field equals identity."""
    columns = ", ".join(quote_identifier(item.name) for item in collection.fields)
    collate = " COLLATE NOCASE" if ignore_case else ""
    return Sql(
        f"SELECT {columns} FROM {quote_identifier(collection.name)} "
        f"WHERE {quote_identifier(field_name)} = ?{collate} LIMIT 1",
        (identity,),
    )


def select_any_password(collection: Collection) -> Sql:
    """Return the stored hash of any one record."""
    return Sql(f"SELECT `password` FROM {quote_identifier(collection.name)} LIMIT 1")


def count_superusers_except(email: str) -> Sql:
    """Return how many superusers have another email."""
    return Sql("SELECT COUNT(*) FROM `_superusers` WHERE `email` != ?", (email,))


def take_mfa(mfa_id: str) -> Sql:
    """Delete one started MFA session; the number of changed rows says who was first."""
    return Sql("DELETE FROM `_mfas` WHERE `id` = ?", (mfa_id,))

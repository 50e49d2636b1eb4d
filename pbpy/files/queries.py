"""The query of the sweep: which files does this row name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.store.sql import Sql, quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable


def select_columns(table: str, columns: Iterable[str], record_id: str) -> Sql:
    """Return a query for some columns of one row."""
    names = ", ".join(map(quote_identifier, columns))
    return Sql(f"SELECT {names} FROM {quote_identifier(table)} WHERE `id` = ?", (record_id,))

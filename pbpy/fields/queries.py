"""The queries of validation: does this id exist, do these records exist."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from pbpy.store.sql import Sql, quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_id_in_any_case(table: str, record_id: str) -> Sql:
    """Return a query for one row when the id exists, whatever the case of its letters."""
    return Sql(
        f"SELECT 1 FROM {quote_identifier(table)} WHERE `id` = ? COLLATE NOCASE LIMIT 1",
        (record_id,),
    )


def count_ids(table: str, record_ids: Sequence[str]) -> Sql:
    """Return a query for the number of rows with one of the ids."""
    if len(record_ids) == 1:
        return Sql(_count_id(table), (record_ids[0],))
    return Sql(
        f"SELECT count(*) FROM {quote_identifier(table)} "
        "WHERE `id` IN (SELECT value FROM json_each(?))",
        (orjson.dumps(record_ids).decode(),),
    )


@lru_cache(1000)
def _count_id(table: str) -> str:
    return f"SELECT count(*) FROM {quote_identifier(table)} WHERE `id` = ?"

"""Statements that define tables, columns, indexes and views, and what SQLite says of them.

The texts are PocketBase's, since SQLite keeps them in `sqlite_master` and both programs may
open the same file. Names are quoted here; column types and view queries are SQL already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.store.sql import Sql
from pbpy.store.sql import quote_identifier as quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.store.access import Reader

OPTIMIZE = Sql("PRAGMA optimize")
"""Renew the statistics of the query planner where tables have changed much."""


def create_table(table: str, columns: Mapping[str, str]) -> Sql:
    """Return the statement for a table with the columns (name to type), ordered by name."""
    parts = ", ".join(f"{quote(name)} {columns[name]}" for name in sorted(columns))
    return Sql(f"CREATE TABLE {quote(table)} ({parts})")


def rename_table(table: str, new_name: str) -> Sql:
    """Return the statement; SQLite rewrites indexes and views that name the table."""
    return Sql(f"ALTER TABLE {quote(table)} RENAME TO {quote(new_name)}")


def drop_table(table: str) -> Sql:
    """Return the statement; no error when there is no such table."""
    return Sql(f"DROP TABLE IF EXISTS {quote(table)}")


def add_column(table: str, column: str, column_type: str) -> Sql:
    """Return the statement; rows get the default value of the type."""
    return Sql(f"ALTER TABLE {quote(table)} ADD {quote(column)} {column_type}")


def rename_column(table: str, column: str, new_name: str) -> Sql:
    """Return the statement; SQLite rewrites indexes and views that name the column."""
    return Sql(f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(column)} TO {quote(new_name)}")


def drop_column(table: str, column: str) -> Sql:
    """Return the statement; refused while an index or a view names the column."""
    return Sql(f"ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}")


def drop_index(name: str) -> Sql:
    """Return the statement; no error when there is no such index."""
    return Sql(f"DROP INDEX IF EXISTS {quote(name)}")


def create_view(view: str, select: str) -> Sql:
    """Return the statement for a view of select, one statement without a semicolon.

    select is wrapped, so that a second statement in it is a syntax error.
    """
    return Sql(f"CREATE VIEW {quote(view)} AS SELECT * FROM ({select})")


def drop_view(view: str) -> Sql:
    """Return the statement; no error when there is no such view."""
    return Sql(f"DROP VIEW IF EXISTS {quote(view)}")


async def has_table(db: Reader, name: str) -> bool:
    """Return whether a table or a view has this name, in any case of letters."""
    sql = "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND lower(name) = lower(?)"
    return await db.value(Sql(sql, (name,))) is not None


async def list_views(db: Reader) -> list[tuple[str, str]]:
    """Return (name, CREATE VIEW statement) of all views in order of creation."""
    sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND sql IS NOT NULL"
    return cast("list[tuple[str, str]]", await db.all(Sql(sql)))


async def list_indexes(db: Reader) -> list[tuple[str, str]]:
    """Return (name, table) of all indexes that were created by a statement."""
    sql = "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    return cast("list[tuple[str, str]]", await db.all(Sql(sql)))


async def list_columns(db: Reader, table: str) -> list[tuple[str, str]]:
    """Return (name, declared type) of the columns of a table or view, in its order.

    Raises:
        SqlRejected: a view does not work, because something it selects from is gone.
    """
    sql = Sql("SELECT name, type FROM pragma_table_info(?)", (table,))
    return cast("list[tuple[str, str]]", await db.all(sql))

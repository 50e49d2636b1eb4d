"""The statements of the record use cases; texts are built once per collection version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from pbpy.store.sql import Sql, quote_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pbpy.fields.relation import Relation
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row, SqlValue

_CACHED_TEXTS = 200


def _text(collection: Collection, key: str | tuple[str, ...], build: Callable[[], str]) -> str:
    """Return a text of this collection, built when first asked for."""
    texts: dict[str | tuple[str, ...], str] = collection.memo.setdefault("records.texts", {})
    text = texts.get(key)
    if text is None:
        if len(texts) >= _CACHED_TEXTS:  # clients choose which columns an update changes
            texts.clear()
        text = texts[key] = build()
    return text


def columns_of(collection: Collection) -> str:
    """Return the columns of a row, in the order of the fields."""
    return ", ".join(quote_identifier(item.name) for item in collection.fields)


def select_record(collection: Collection, record_id: str) -> Sql:
    """Return the row with this id."""

    def build() -> str:
        return (
            f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
            "WHERE `id` = ? LIMIT 1"
        )

    return Sql(_text(collection, "select", build), (record_id,))


def select_records(collection: Collection, record_ids: Iterable[str]) -> Sql:
    """Return the rows with these ids, in the order of the table."""

    def build() -> str:
        return (
            f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
            "WHERE `id` IN (SELECT value FROM json_each(?))"
        )

    return Sql(_text(collection, "select many", build), (json_array(record_ids),))


def select_by_values(collection: Collection, values: Mapping[str, SqlValue]) -> Sql:
    """Return the rows in which the columns have these values."""

    def build() -> str:
        tests = " AND ".join(f"{quote_identifier(name)} = ?" for name in values)
        return (
            f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
            f"WHERE {tests}"
        )

    return Sql(_text(collection, ("by", *values), build), tuple(values.values()))


def select_batch(collection: Collection, limit: int) -> Sql:
    """Return any rows, at most limit."""
    return Sql(
        f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} LIMIT ?",
        (limit,),
    )


def count_all(collection: Collection) -> Sql:
    """Return the number of rows."""
    return Sql(f"SELECT count(*) FROM {quote_identifier(collection.name)}")


def insert_record(collection: Collection, row: Row) -> Sql:
    """Insert a whole row."""

    def build() -> str:
        marks = ", ".join("?" * len(collection.fields))
        return (
            f"INSERT INTO {quote_identifier(collection.name)} ({columns_of(collection)}) "
            f"VALUES ({marks})"
        )

    return Sql(_text(collection, "insert", build), row)


def update_record(
    collection: Collection, record_id: str, names: Sequence[str], values: Sequence[SqlValue]
) -> Sql:
    """Set some columns of the row with this id."""

    def build() -> str:
        changes = ", ".join(f"{quote_identifier(name)} = ?" for name in names)
        return f"UPDATE {quote_identifier(collection.name)} SET {changes} WHERE `id` = ?"

    return Sql(_text(collection, ("update", *names), build), (*values, record_id))


def delete_record(collection: Collection, record_id: str) -> Sql:
    """Delete the row with this id."""

    def build() -> str:
        return f"DELETE FROM {quote_identifier(collection.name)} WHERE `id` = ?"

    return Sql(_text(collection, "delete", build), (record_id,))


def select_referrers(
    collection: Collection, relation: Relation, target_id: str, *, but: str, limit: int
) -> Sql:
    """Return rows of collection whose relation holds target_id, the one with the id `but` not."""

    def build() -> str:
        return (
            f"SELECT {columns_of(collection)} FROM {quote_identifier(collection.name)} "
            f"WHERE {_holds(collection, relation)} AND `id` != ? LIMIT ?"
        )

    key = ("referrers", relation.name)
    return Sql(_text(collection, key, build), (target_id, but, limit))


def select_back_related(
    collection: Collection, relation: Relation, target_ids: Iterable[str], limit: int
) -> Sql:
    """Return (id of a target, id of a row that points to it), at most limit per target.

    The rows of one target come in the order of the table.
    """

    def build() -> str:
        table = quote_identifier(collection.name)
        column = f"{table}.{quote_identifier(relation.name)}"
        order = f"{table}.`id`" if collection.is_view else f"{table}.rowid"
        if relation.is_multiple:
            source = f"{table}, json_each({_as_list(column)}) AS `e`"
            target = "`e`.`value`"
        else:
            source, target = table, column
        # One pass over the table, whatever the number of targets.
        return (
            f"SELECT `target`, `id` FROM (SELECT {target} AS `target`, {table}.`id` AS `id`, "
            f"row_number() OVER (PARTITION BY {target} ORDER BY {order}) AS `n` FROM {source} "
            f"WHERE {target} IN (SELECT value FROM json_each(?))) WHERE `n` <= ?"
        )

    key = ("back related", relation.name)
    return Sql(_text(collection, key, build), (json_array(target_ids), limit))


def select_back_related_to_one(
    collection: Collection, relation: Relation, target_id: str, limit: int
) -> Sql:
    """Return the ids of the rows that point to one target, at most limit."""

    def build() -> str:
        return (
            f"SELECT `id` FROM {quote_identifier(collection.name)} "
            f"WHERE {_holds(collection, relation)} LIMIT ?"
        )

    key = ("back related to one", relation.name)
    return Sql(_text(collection, key, build), (target_id, limit))


def find_id_elsewhere(catalog: Catalog, collection: Collection, record_id: str) -> Sql | None:
    """Return a row when another auth collection has this id; None without another one."""
    others = [item for item in catalog.collections if item.is_auth and item.id != collection.id]
    if not others:
        return None
    texts: dict[str, str] = catalog.memo.setdefault("records.find_id_elsewhere", {})
    text = texts.get(collection.id)
    if text is None:
        parts = [f"SELECT 1 FROM {quote_identifier(item.name)} WHERE `id` = ?" for item in others]
        text = texts[collection.id] = " UNION ALL ".join(parts) + " LIMIT 1"
    return Sql(text, (record_id,) * len(others))


def _holds(collection: Collection, relation: Relation) -> str:
    column = f"{quote_identifier(collection.name)}.{quote_identifier(relation.name)}"
    if not relation.is_multiple:
        return f"{column} = ?"
    return f"EXISTS (SELECT 1 FROM json_each({_as_list(column)}) AS `e` WHERE `e`.`value` = ?)"


def _as_list(column: str) -> str:
    """Return an expression for json_each: a column that is no JSON array counts as one text."""
    is_list = f"iif(json_valid({column}), json_type({column}) = 'array', FALSE)"
    return f"CASE WHEN {is_list} THEN {column} ELSE json_array({column}) END"


def json_array(texts: Iterable[str]) -> str:
    """Return texts as one parameter for `json_each`."""
    return orjson.dumps(list(texts)).decode()

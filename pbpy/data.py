"""Data: what app developers do with collections, records and SQL; one half of App."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast, overload

from pbpy.hooks.app_hooks import AppHooks
from pbpy.records import find
from pbpy.records.save import delete_record, save_record
from pbpy.schema.collection import Collection
from pbpy.schema.delete import delete_collection
from pbpy.schema.importer import import_collections
from pbpy.schema.save import save_collection
from pbpy.store.sql import bind_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.store.sql import SqlValue


class Data(AppHooks):
    """Finding, saving and deleting, with all hooks; `pbpy.app.App` brings the rest.

    Attributes:
        required_collections: names that the start warns about while they are missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.required_collections: list[str] = []

    @property
    def catalog(self) -> Catalog:
        """All collections."""
        raise NotImplementedError

    @property
    def _ctx(self) -> Context:
        return cast("Context", self)

    # collections

    def require_collections(self, *names: str) -> None:
        """Ask for a warning at the start of the server for each of these that is missing."""
        self.required_collections.extend(names)

    def find_collection(self, name_or_id: str) -> Collection | None:
        """Return a collection, or None."""
        return self.catalog.find(name_or_id)

    def get_collection(self, name_or_id: str) -> Collection:
        """Return a collection.

        Raises:
            NotFound: there is none of this name or id.
        """
        return self.catalog.get(name_or_id)

    @overload
    async def save(self, model: Record) -> Record: ...

    @overload
    async def save(self, model: Collection) -> Collection: ...

    async def save(self, model: Record | Collection) -> Record | Collection:
        """Validate and save a record or a collection, with all hooks; return it as stored.

        Raises:
            ValidationFailed: values or settings are refused; nothing is written.
        """
        if isinstance(model, Collection):
            return await save_collection(self._ctx, model)
        await save_record(self._ctx, model)
        return model

    async def delete(self, model: Record | Collection) -> None:
        """Delete a record (with its cascade) or a collection, with all hooks.

        Raises:
            BadRequest: a required reference or a system collection forbids it.
        """
        if isinstance(model, Collection):
            await delete_collection(self._ctx, model)
        else:
            await delete_record(self._ctx, model)

    async def import_collections(
        self, collections: Sequence[Mapping[str, JsonValue]], *, delete_missing: bool = False
    ) -> None:
        """Create and update collections from their JSON form, all or none.

        Raises:
            ValidationFailed: one of them is refused; nothing is written.
        """
        await import_collections(self._ctx, list(collections), delete_missing=delete_missing)

    # records

    async def find_record(self, collection: str, record_id: str) -> Record | None:
        """Return a record by its id, or None.

        Raises:
            NotFound: there is no such collection.
        """
        return await find.find_record(self._ctx, self.catalog.get(collection), record_id)

    async def find_records(
        self,
        collection: str,
        filter: str = "",  # noqa: A002  # PocketBase's word
        *,
        sort: str = "",
        limit: int = 0,
        offset: int = 0,
        params: Mapping[str, SqlValue] | None = None,
    ) -> list[Record]:
        """Return records by a trusted filter; `{:name}` placeholders take their value from params.

        limit 0 means all.

        Raises:
            NotFound: there is no such collection.
            FilterError: the filter or sort cannot be used.
        """
        return await find.find_records(
            self._ctx,
            self.catalog.get(collection),
            filter,
            sort=sort,
            limit=limit,
            offset=offset,
            params=params,
        )

    async def find_first_record(
        self,
        collection: str,
        filter: str = "",  # noqa: A002  # PocketBase's word
        params: Mapping[str, SqlValue] | None = None,
        *,
        sort: str = "",
    ) -> Record | None:
        """Return the first record of a trusted filter, or None; raises as `find_records`."""
        found = await self.find_records(collection, filter, sort=sort, limit=1, params=params)
        return found[0] if found else None

    async def count_records(
        self,
        collection: str,
        filter: str = "",  # noqa: A002  # PocketBase's word
        params: Mapping[str, SqlValue] | None = None,
    ) -> int:
        """Return how many records a trusted filter matches; raises as `find_records`."""
        return await find.count_records(self._ctx, self.catalog.get(collection), filter, params)

    # SQL

    async def execute(
        self, sql: str, params: Mapping[str, SqlValue] | Sequence[SqlValue] = ()
    ) -> int:
        """Run writing SQL of your own; return the number of changed rows.

        Args:
            sql: one or more statements, with `?` or `{:name}` for each value.
            params: the values, as a sequence or by name.

        Raises:
            UniqueViolation, ConstraintViolation, SqlRejected: as SQLite reports.
        """
        async with self._ctx.transaction() as ctx:
            return await ctx.tx.execute_long(bind_named(sql, params))

    async def query(
        self, sql: str, params: Mapping[str, SqlValue] | Sequence[SqlValue] = ()
    ) -> list[dict[str, SqlValue]]:
        """Return the rows of reading SQL of your own, each by column name; params as `execute`.

        Raises:
            SqlRejected, QueryTimeout: as SQLite reports.
        """
        columns, rows = await self._ctx.db.described(bind_named(sql, params), sys.maxsize)
        names = [name for name, _ in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]

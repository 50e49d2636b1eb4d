"""Records for app developers: no rules, trusted filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pbpy.records import queries
from pbpy.records.query_plan import plan_list
from pbpy.records.record import Record
from pbpy.records.request_info import RequestInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.context import Context
    from pbpy.filter.template import ListPlan
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

_NOBODY: Final = RequestInfo()


async def find_record(ctx: Context, collection: Collection, record_id: str) -> Record | None:
    """Return the record with this id, or None."""
    row = await ctx.db.one(queries.select_record(collection, record_id))
    return None if row is None else Record.from_row(collection, row)


async def find_records(
    ctx: Context,
    collection: Collection,
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
        FilterError: the filter or sort cannot be used.
    """
    plan = _plan(ctx, collection, filter, params, sort=sort, limit=limit, offset=offset)
    return [Record.from_row(collection, row) for row in await ctx.db.all(plan.page)]


async def count_records(
    ctx: Context,
    collection: Collection,
    filter: str = "",  # noqa: A002  # PocketBase's word
    params: Mapping[str, SqlValue] | None = None,
) -> int:
    """Return how many records a trusted filter matches.

    Raises:
        FilterError: the filter cannot be used.
    """
    plan = _plan(ctx, collection, filter, params, with_total=True)
    return cast("int", await ctx.db.value(plan.count or queries.count_all(collection)))


def _plan(
    ctx: Context,
    collection: Collection,
    filter: str,  # noqa: A002
    params: Mapping[str, SqlValue] | None,
    *,
    sort: str = "",
    limit: int = 0,
    offset: int = 0,
    with_total: bool = False,
) -> ListPlan:
    return plan_list(
        ctx.catalog,
        collection,
        _NOBODY,
        rule=None,
        filter=filter,
        sort=sort,
        limit=limit,
        offset=offset,
        with_total=with_total,
        ignore_rule=True,
        trusted=True,
        params=params,
        clock=ctx.now,
    )

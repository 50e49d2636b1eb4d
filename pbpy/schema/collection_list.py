"""A page of collections, filtered and sorted by plain columns of `_collections`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.filter.simple import plan_simple_list

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.collection import Collection

_NAMES = ("id", "created", "updated", "name", "system", "type")
"""What clients may filter and sort by."""


async def list_collections(
    ctx: Context,
    *,
    filter: str = "",  # noqa: A002  # PocketBase's word
    sort: str = "",
    limit: int,
    offset: int = 0,
    with_total: bool = True,
) -> tuple[list[Collection], int]:
    """Return the collections of a page, and how many there are in all; -1 without total.

    Raises:
        FilterError: filter or sort cannot be used.
    """
    plan = plan_simple_list(
        "_collections",
        ("id",),
        names=_NAMES,
        filter=filter,
        sort=sort,
        limit=limit,
        offset=offset,
        now=ctx.now(),
        with_total=with_total,
    )
    rows = await ctx.db.all(plan.page)
    total = -1 if plan.count is None else cast("int", await ctx.db.value(plan.count))
    found = (ctx.catalog.by_id(str(row[0])) for row in rows)
    return [item for item in found if item is not None], total

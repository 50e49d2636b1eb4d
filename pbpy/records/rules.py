"""Rules of collections: are they valid, and does one hold for a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.records.query_plan import check_rule, plan_access, plan_virtual_access

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection, Rule
    from pbpy.store.sql import Row

_ID_ONLY = ("id",)


def compile_rule(catalog: Catalog, collection: Collection, text: str) -> None:
    """Check that a rule can be used on collection, which may not be in the catalog yet.

    Raises:
        FilterError: it cannot; the message is the reason that PocketBase shows.
    """
    check_rule(catalog, collection, text)


async def satisfies_rule(ctx: Context, info: RequestInfo, record: Record, rule: Rule) -> bool:
    """Return whether a rule holds for a stored record; superusers satisfy every rule.

    Raises:
        FilterError: the rule cannot be used.
    """
    if info.is_superuser or rule == "":
        return True
    if rule is None:
        return False
    sql = plan_access(
        ctx.catalog, record.collection, info, rule, record.id, columns=_ID_ONLY, clock=ctx.now
    )
    return await ctx.db.one(sql) is not None


async def satisfies_create_rule(
    ctx: Context, collection: Collection, info: RequestInfo, rule: str, row: Row
) -> bool:
    """Return whether a rule holds for a row that is not stored yet.

    Raises:
        FilterError: the rule cannot be used.
    """
    if info.is_superuser or rule == "":
        return True
    sql = plan_virtual_access(ctx.catalog, collection, info, rule, row, clock=ctx.now)
    return await ctx.db.one(sql) is not None

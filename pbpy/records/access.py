"""Who may use a collection at all, and which row a rule lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FilterError, Forbidden, NotFound
from pbpy.records import queries
from pbpy.records.query_plan import plan_access
from pbpy.records.record import Record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection, Rule


def require_rule(info: RequestInfo, rule: Rule) -> str:
    """Return the rule that binds this request; "" for superusers, who are bound by none.

    Raises:
        Forbidden: the rule lets superusers in only.
    """
    if info.is_superuser:
        return ""
    if rule is None:
        raise Forbidden("Only superusers can perform this action.")
    return rule


async def get_record(
    ctx: Context, collection: Collection, info: RequestInfo, rule: str, record_id: str
) -> Record:
    """Return the record if it exists and the rule holds for it.

    Raises:
        NotFound: either is not so; nobody can tell which.
    """
    if rule:
        try:
            sql = plan_access(ctx.catalog, collection, info, rule, record_id, clock=ctx.now)
        except FilterError as error:  # a rule about a field that is no more, for one
            ctx.log.warning("a rule of %s cannot be used: %s", collection.name, error)
            raise NotFound from error
    else:
        sql = queries.select_record(collection, record_id)
    row = await ctx.db.one(sql)
    if row is None:
        raise NotFound
    return Record.from_row(collection, row)

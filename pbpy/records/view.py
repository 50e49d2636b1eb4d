"""One record: `GET /api/collections/{collection}/records/{id}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.records.access import get_record, require_rule
from pbpy.records.respond import respond_with

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection


async def view_record(
    ctx: Context, collection: Collection, info: RequestInfo, record_id: str
) -> JsonValue:
    """Return one record, enriched, encoded and picked.

    Raises:
        Forbidden: superusers only.
        NotFound: there is no such record, or the view rule hides it.
        BadRequest: `fields` cannot be used.
    """
    rule = require_rule(info, collection.view_rule)
    record = await get_record(ctx, collection, info, rule, record_id)
    return await respond_with(ctx, info, record, ctx.hooks.on_record_view_request)

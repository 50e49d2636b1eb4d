"""A record less: `DELETE /api/collections/{collection}/records/{id}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.errors import BadRequest
from pbpy.hooks.events import RecordRequestEvent
from pbpy.records.access import get_record, require_rule
from pbpy.records.save import delete_record

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection


async def delete_requested(
    ctx: Context, collection: Collection, info: RequestInfo, record_id: str
) -> JsonValue:
    """Delete a record and what depends on it; return a handler's own answer, else None.

    Raises:
        Forbidden: superusers only.
        NotFound: there is no such record, or the delete rule hides it.
        BadRequest: a view, the only superuser, or a required relation points to it.
    """
    if collection.is_view:
        raise BadRequest("Unsupported collection type.")
    rule = require_rule(info, collection.delete_rule)
    record = await get_record(ctx, collection, info, rule, record_id)

    async def delete(final: RecordRequestEvent) -> None:
        await delete_record(cast("Context", final.app), final.record)

    event = RecordRequestEvent(cast("App", ctx), info, collection, record)
    await ctx.hooks.on_record_delete_request.trigger(event, delete)
    return event.response

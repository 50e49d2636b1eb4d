"""The common end of requests for one record: request hook, the work, enrichment, encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.hooks.events import RecordRequestEvent
from pbpy.records.encode import encode_record
from pbpy.records.enrich import enrich_records
from pbpy.records.picker import compile_picker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.hooks.hook import Hook
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo


async def respond_with(
    ctx: Context,
    info: RequestInfo,
    record: Record,
    hook: Hook[RecordRequestEvent],
    work: Callable[[Context, Record], Awaitable[None]] | None = None,
) -> JsonValue:
    """Do the work inside a request hook; return what the client gets as orjson input.

    None when a handler ended the chain without an answer of its own.

    Raises:
        BadRequest: `fields` cannot be used.
        Exception: whatever the work or a handler raises.
    """
    fields = info.query.get("fields")
    picker = compile_picker(fields) if fields else None
    if not hook:
        if work is not None:
            await work(ctx, record)
        await enrich_records(ctx, info, [record])
        return encode_record(record, picker)
    answer: JsonValue = None

    async def finish(final: RecordRequestEvent) -> None:
        nonlocal answer
        inner = cast("Context", final.app)
        if work is not None:
            await work(inner, final.record)
        await enrich_records(inner, info, [final.record])
        answer = encode_record(final.record, picker)

    event = RecordRequestEvent(cast("App", ctx), info, record.collection, record)
    await hook.trigger(event, finish)
    return answer if event.response is None else event.response

"""A page of records: `GET /api/collections/{collection}/records`."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Final, cast

from pbpy.fields.numbers import number_output, widen
from pbpy.hooks.events import RecordsListRequestEvent
from pbpy.records.access import require_rule
from pbpy.records.encode import encode_records
from pbpy.records.enrich import enrich_records
from pbpy.records.page import UNKNOWN, parse_page
from pbpy.records.picker import compile_picker
from pbpy.records.query_plan import plan_list
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.records.page import Page
    from pbpy.records.query_plan import ListPlan
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_MAX_MISSES: Final = 3
_MISSES_WINDOW_S: Final = 3
_MAX_DELAY_MS: Final = 500
_WATCHED_CLIENTS: Final = 10_000


async def list_records(
    ctx: Context,
    collection: Collection,
    info: RequestInfo,
    client: Callable[[], str] = lambda: "",
) -> JsonValue:
    """Return the envelope of a page, encoded and picked; client tells the caller's address.

    Raises:
        Forbidden, FilterForbidden: superusers only, or a client's filter looks into the request.
        BadRequest, FilterError: paging, filter, sort or fields that cannot be used.
    """
    rule = require_rule(info, collection.list_rule)
    page = parse_page(info.query)
    picker = compile_picker(info.query.get("fields", ""))
    plan = plan_list(
        ctx.catalog,
        collection,
        info,
        rule=rule,
        filter=info.query.get("filter", ""),
        sort=info.query.get("sort", ""),
        limit=page.per_page,
        offset=page.offset,
        with_total=not page.skip_total,
        clock=ctx.now,
    )
    rows = await ctx.db.all(plan.page)
    total = await _count(ctx, plan, page, len(rows))
    records = [Record.from_row(collection, row) for row in rows]
    answer: JsonValue = None

    async def respond(final: RecordsListRequestEvent) -> None:
        nonlocal answer
        await enrich_records(ctx, info, final.records)
        if not final.records and rule and info.query.get("filter"):
            await _slow_down_guessing(ctx, collection, client())
        answer = page.envelope(encode_records(final.records, picker), final.total_items)
        if picker is not None:
            answer["page"] = number_output(widen(page.page))  # PocketBase: picked as float64

    event = RecordsListRequestEvent(
        cast("App", ctx),
        info,
        collection,
        records=records,
        page=page.page,
        per_page=page.per_page,
        total_items=total,
    )
    await ctx.hooks.on_records_list_request.trigger(event, respond)
    return answer if event.response is None else event.response


async def _count(ctx: Context, plan: ListPlan, page: Page, found: int) -> int:
    """Return the number of all records that match; the page itself often tells it."""
    if page.skip_total or plan.count is None:
        return UNKNOWN
    is_last = found < page.per_page and (found > 0 or page.offset == 0)
    if is_last:
        return page.offset + found
    return cast("int", await ctx.db.value(plan.count))


async def _slow_down_guessing(ctx: Context, collection: Collection, client: str) -> None:
    """Make the time of failing searches useless after a few of them (SEC-26).

    The list rule is part of the same statement as the client's filter, so its duration could
    tell something about records that the client may not see.
    """
    clock = time.monotonic()
    misses: dict[tuple[str, str], tuple[float, int]]
    misses = ctx.catalog.memo.setdefault("records.misses", {})
    key = (client, collection.id)
    began, count = misses.get(key, (clock, 0))
    if clock - began >= _MISSES_WINDOW_S:
        began, count = clock, 0
    if len(misses) >= _WATCHED_CLIENTS:
        misses.clear()
    misses[key] = (began, count + 1)
    if count >= _MAX_MISSES:
        await asyncio.sleep(secrets.randbelow(_MAX_DELAY_MS) / 1000)

"""What happens to records right before they are shown: flags, expansion, the enrich hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.hooks.events import RecordEnrichEvent
from pbpy.records import queries
from pbpy.records.expand import expand_records
from pbpy.records.query_plan import plan_access_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo


async def enrich_records(ctx: Context, info: RequestInfo, records: Sequence[Record]) -> None:
    """Prepare records of one collection for the client behind info, relations expanded.

    Raises:
        Exception: whatever a handler of `on_record_enrich` raises.
    """
    if not records:
        return
    if info.is_superuser or records[0].collection.is_auth:
        await _show_to(ctx, info, records)
    if paths := info.query.get("expand"):
        await expand_records(ctx, info.with_context("expand"), records, paths, enrich_related)
    if ctx.hooks.on_record_enrich:
        await _call_hook(ctx, info, records)


async def enrich_related(ctx: Context, info: RequestInfo, records: Sequence[Record]) -> None:
    """Prepare records that were found by expansion, which goes on by itself."""
    if records:
        await _show_to(ctx, info, records)
        await _call_hook(ctx, info, records)


async def enrich_auth_record(ctx: Context, info: RequestInfo, record: Record) -> None:
    """Prepare a record for itself: it has just signed in."""
    await enrich_records(ctx, info, [record])
    record.shows_email = True


async def _show_to(ctx: Context, info: RequestInfo, records: Sequence[Record]) -> None:
    """Set what the client may see of hidden fields and emails.

    Source: PocketBase apis/record_helpers.go autoResolveRecordsFlags.
    """
    if info.is_superuser:
        for record in records:
            record.shows_hidden = record.shows_email = True
        return
    collection = records[0].collection
    if collection.auth is None:
        return
    if info.auth is not None:
        for record in records:
            if record.id == info.auth.id:
                record.shows_email = True
    rule = collection.auth.manage_rule
    private = {
        record.id: record
        for record in records
        if not record.shows_email and not record.get("emailVisibility")
    }
    if not rule or not private:
        return
    sql = plan_access_many(
        ctx.catalog,
        collection,
        info,
        rule,
        queries.json_array(private),
        columns=("id",),
        clock=ctx.now,
    )
    for (record_id,) in await ctx.db.all(sql):
        private[cast("str", record_id)].shows_email = True


async def _call_hook(ctx: Context, info: RequestInfo, records: Sequence[Record]) -> None:
    """Call the enrich hook for each record.

    PocketBase nests the chains of all records in one another, with flags and expansion in the
    innermost; a page of records is too deep for that here, so those come first.
    """
    hook = ctx.hooks.on_record_enrich
    if not hook:
        return

    async def unhide(final: RecordEnrichEvent) -> None:
        # PocketBase: what handlers hide before `next()` is shown to superusers all the same.
        record = final.record
        if info.is_superuser and record.visibility is not None:
            known = record.collection.by_name
            kept = {name: shown for name, shown in record.visibility.items() if name not in known}
            record.visibility = kept or None

    for record in records:
        await hook.trigger(RecordEnrichEvent(cast("App", ctx), record, info), unhide)

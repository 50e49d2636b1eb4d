"""A page of records: `GET /api/collections/{collection}/records`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pbpy.fields.numbers import number_output, widen
from pbpy.hooks.events import RecordsListRequestEvent
from pbpy.records.access import require_rule
from pbpy.records.encode import encode_records, row_encoder
from pbpy.records.enrich import enrich_records
from pbpy.records.guessing import note_miss
from pbpy.records.page import UNKNOWN, Page, parse_page
from pbpy.records.picker import compile_picker
from pbpy.records.query_plan import plan_list, require_plain
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.filter.template import ListPlan
    from pbpy.records.encode import RowEncoder
    from pbpy.records.picker import Picker
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row


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
    if not info.is_superuser:  # before the page, as PocketBase does
        require_plain(info.query.get("filter", ""))
        require_plain(info.query.get("sort", ""))
    fields = info.query.get("fields")
    work = _Listing(
        ctx,
        collection,
        info,
        rule,
        client,
        page=parse_page(info.query),
        picker=compile_picker(fields) if fields else None,
    )
    is_watched = ctx.hooks.on_records_list_request or ctx.hooks.on_record_enrich
    if not is_watched and not info.query.get("expand"):
        encoder = row_encoder(collection, work.picker, shows_hidden=info.is_superuser)
        if encoder is not None:
            return await work.answer_rows(encoder)
    return await work.answer_records()


@dataclass(frozen=True, slots=True)
class _Listing:
    """One call of `list_records`."""

    ctx: Context
    collection: Collection
    info: RequestInfo
    rule: str
    client: Callable[[], str]
    page: Page
    picker: Picker | None

    async def answer_rows(self, encoder: RowEncoder) -> JsonValue:
        """Return the answer when nobody wants to see a record: rows become JSON at once."""
        rows, total = await self._read(encoder.columns)
        return await self._envelope(encoder.encode(rows), total)

    async def answer_records(self) -> JsonValue:
        """Return the answer with all hooks and expansion."""
        rows, total = await self._read(None)
        answer: JsonValue = None

        async def respond(final: RecordsListRequestEvent) -> None:
            nonlocal answer
            await enrich_records(self.ctx, self.info, final.records)
            items = encode_records(final.records, self.picker)
            answer = await self._envelope(items, final.total_items)

        event = RecordsListRequestEvent(
            cast("App", self.ctx),
            self.info,
            self.collection,
            records=[Record.from_row(self.collection, row) for row in rows],
            page=self.page.page,
            per_page=self.page.per_page,
            total_items=total,
        )
        await self.ctx.hooks.on_records_list_request.trigger(event, respond)
        return answer if event.response is None else event.response

    async def _read(self, columns: tuple[str, ...] | None) -> tuple[list[Row], int]:
        """Return the rows of the page, and the total."""
        query = self.info.query
        plan = plan_list(
            self.ctx.catalog,
            self.collection,
            self.info,
            rule=self.rule,
            filter=query.get("filter", ""),
            sort=query.get("sort", ""),
            limit=self.page.per_page,
            offset=self.page.offset,
            with_total=not self.page.skip_total,
            columns=columns,
            clock=self.ctx.now,
        )
        rows = await self.ctx.db.all(plan.page)
        return rows, await self._count(plan, len(rows))

    async def _count(self, plan: ListPlan, found: int) -> int:
        """Return the number of all records that match; the page itself often tells it."""
        page = self.page
        if page.skip_total or plan.count is None:
            return UNKNOWN
        if found < page.per_page and (found > 0 or page.offset == 0):
            return page.offset + found
        return cast("int", await self.ctx.db.value(plan.count))

    async def _envelope(self, items: Sequence[JsonValue], total: int) -> JsonValue:
        if not items and self.rule and self.info.query.get("filter"):
            await note_miss(self.ctx, self.collection, self.client())
        answer = self.page.envelope(items, total)
        if self.picker is not None:
            answer["page"] = number_output(widen(self.page.page))  # PocketBase: as float64
        return answer

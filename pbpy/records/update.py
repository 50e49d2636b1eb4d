"""A changed record: `PATCH /api/collections/{collection}/records/{id}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import BadRequest, FilterError
from pbpy.records.access import get_record, require_rule
from pbpy.records.record import Record
from pbpy.records.respond import respond_with
from pbpy.records.rules import satisfies_rule
from pbpy.records.submit import Submission, load_body, needs_stored_record, with_uploads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.files.upload import Upload
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_FAILURE = "Failed to update record."
_BODY = "@request.body"


async def update_record(  # what a request consists of
    ctx: Context,
    collection: Collection,
    info: RequestInfo,
    record_id: str,
    files: Mapping[str, Sequence[Upload]] | None = None,
) -> JsonValue:
    """Change a record by `info.body` and files; return it enriched, encoded and picked.

    `info.body` becomes what rules see: final values under the plain names of the fields.

    Raises:
        Forbidden: superusers only.
        NotFound: there is no such record, or the update rule hides it.
        BadRequest: a view, or a value that is refused (errors by field).
    """
    if collection.is_view:
        raise BadRequest("Unsupported collection type.")
    rule = require_rule(info, collection.update_rule)
    info.submitted = info.body
    values = with_uploads(collection, info.body, files) if files else info.body
    if _BODY in rule:
        # The rule sees final values; most bodies say them without a look at the record.
        if needs_stored_record(collection, values):
            before = await get_record(ctx, collection, info, "", record_id)
        else:
            before = Record(collection)
        info.body = load_body(before, values, info)
    record = await get_record(ctx, collection, info, rule, record_id)
    info.body = load_body(record, values, info)
    submission = Submission(record, info.body, is_manager=info.is_superuser)
    if not info.is_superuser:
        submission.is_manager = await _may_manage(ctx, info, record)

    async def save(inner: Context, final: Record) -> None:
        await submission.save(inner, final, _FAILURE)

    return await respond_with(ctx, info, record, ctx.hooks.on_record_update_request, save)


async def _may_manage(ctx: Context, info: RequestInfo, record: Record) -> bool:
    """Tell whether the manage rule holds for the stored record."""
    options = record.collection.auth
    if options is None or not options.manage_rule or info.auth is None:
        return False
    try:
        return await satisfies_rule(ctx, info, record, options.manage_rule)
    except FilterError as error:
        ctx.log.warning("the manage rule of %s cannot be used: %s", record.collection.name, error)
        return False

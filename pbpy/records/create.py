"""A new record: `POST /api/collections/{collection}/records`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import BadRequest, FilterError
from pbpy.fields.password import MAX_BYTES
from pbpy.records.access import require_rule
from pbpy.records.record import Record
from pbpy.records.respond import respond_with
from pbpy.records.rules import satisfies_create_rule
from pbpy.records.submit import Submission, load_body, with_uploads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.files.upload import Upload
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

FAILURE = "Failed to create record"


async def create_record(
    ctx: Context,
    collection: Collection,
    info: RequestInfo,
    files: Mapping[str, Sequence[Upload]] | None = None,
) -> JsonValue:
    """Create a record from `info.body` and files; return it enriched, encoded and picked.

    Raises:
        Forbidden: superusers only.
        BadRequest: a view, a value that is refused (errors by field), or the create rule does
            not hold (no errors).
    """
    submission = await prepare_create(ctx, collection, info, files)

    async def save(inner: Context, final: Record) -> None:
        await submission.save(inner, final, FAILURE)

    return await respond_with(
        ctx, info, submission.record, ctx.hooks.on_record_create_request, save
    )


async def prepare_create(
    ctx: Context,
    collection: Collection,
    info: RequestInfo,
    files: Mapping[str, Sequence[Upload]] | None = None,
    *,
    password_hash: str = "",
) -> Submission:
    """Return the record of `info.body` and files, which the rules let through, to be saved.

    `info.body` becomes what rules see: final values under the plain names of the fields.
    password_hash is that of a password made here, which no rule for passwords applies to.

    Raises:
        Forbidden, BadRequest: as for `create_record`.
    """
    if collection.is_view:
        raise BadRequest("Unsupported collection type.")
    rule = require_rule(info, collection.create_rule)
    record = Record(collection)
    info.submitted = info.body
    values = with_uploads(collection, info.body, files) if files else info.body
    info.body = load_body(record, values, info)
    if password_hash:
        record.set_password_hash(password_hash)
    if not info.is_superuser:
        _refuse_unhashable(record)
    submission = Submission(record, info.body, is_manager=info.is_superuser)
    try:
        if rule and not await satisfies_create_rule(
            ctx, collection, info, rule, record.export_row()
        ):
            raise BadRequest(FAILURE)
        if not info.is_superuser:
            submission.is_manager = await _may_manage(ctx, info, record)
    except FilterError as error:
        raise BadRequest(FAILURE) from error
    return submission


def _refuse_unhashable(record: Record) -> None:
    """Refuse a password that bcrypt cannot hash.

    PocketBase: the rules are checked with the hash, so for those who are bound by rules there
    is no error of the field.
    """
    for _, value in record.unhashed_passwords():
        if len(value.plain.encode()) > MAX_BYTES:
            raise BadRequest(FAILURE)


async def _may_manage(ctx: Context, info: RequestInfo, record: Record) -> bool:
    options = record.collection.auth
    if options is None or not options.manage_rule or info.auth is None:
        return False
    return await satisfies_create_rule(
        ctx, record.collection, info, options.manage_rule, record.export_row()
    )

"""A token of another record, for superusers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.auth.forms import require_valid
from pbpy.auth.respond import AuthResult, complete_sign_in
from pbpy.auth.tokens import issue_static_auth_token
from pbpy.errors import NotFound
from pbpy.fields.rule_errors import rule_error
from pbpy.records.find import find_record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection


async def impersonate(
    ctx: Context, info: RequestInfo, collection: Collection, record_id: str, duration_s: int
) -> AuthResult:
    """Return a record with a token that cannot be refreshed; duration 0 is the collection's.

    The caller has checked that a superuser asks.

    Raises:
        NotFound: there is no such record.
        BadRequest: the duration is negative.
    """
    record = await find_record(ctx, collection, record_id)
    if record is None:
        raise NotFound
    if duration_s < 0:
        require_valid(
            {
                "duration": rule_error(
                    "min_greater_equal_than_required", "must be no less than 0", threshold=0
                )
            }
        )
    return await complete_sign_in(ctx, info, record, issue_static_auth_token(record, duration_s))

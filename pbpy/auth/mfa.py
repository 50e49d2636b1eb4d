"""Multi-factor sign-in: the first method opens a session, a different one completes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.auth.expired import age_s
from pbpy.errors import BadRequest, FilterError, NotFound, PbpyError
from pbpy.records.find import find_record
from pbpy.records.query_plan import plan_list
from pbpy.records.record import Record
from pbpy.records.rules import satisfies_rule
from pbpy.records.save import delete_record, save_record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.auth_options import MfaOptions


class MfaRequired(PbpyError):
    """The sign-in needs a second method; the client gets 401 with `{"mfaId"}` alone."""

    def __init__(self, mfa_id: str) -> None:
        self.mfa_id = mfa_id
        super().__init__("a second authentication method is required")


async def check_mfa(
    ctx: Context, info: RequestInfo, record: Record, method: str, mfa_id: str
) -> None:
    """Return when the sign-in is complete; consume the session that it completes.

    Raises:
        MfaRequired: this was the first method.
        BadRequest: mfa_id is unknown, expired, of another record or of the same method; or
            the collection's MFA rule cannot be used.
    """
    options = record.collection.auth
    if options is None or not options.mfa.enabled or not method:
        return
    if options.mfa.rule and not await _is_needed(ctx, info, record, options.mfa.rule):
        return
    if not mfa_id:
        raise MfaRequired(await _start(ctx, record, method))
    await _complete(ctx, record, method, mfa_id, options.mfa)


async def _is_needed(ctx: Context, info: RequestInfo, record: Record, rule: str) -> bool:
    try:
        if not info.is_superuser:
            return await satisfies_rule(ctx, info, record, rule)
        # Rules do not bind superusers, but this one is a question.
        plan = plan_list(
            ctx.catalog,
            record.collection,
            info,
            rule="",
            filter=f"id = {{:id}} && ({rule}\n)",
            sort="",
            limit=1,
            offset=0,
            with_total=False,
            columns=("id",),
            params={"id": record.id},
            clock=ctx.now,
        )
        return await ctx.db.one(plan.page) is not None
    except FilterError as error:
        ctx.log.warning("the MFA rule of %s cannot be used: %s", record.collection.name, error)
        raise BadRequest("Failed to authenticate.") from error


async def _start(ctx: Context, record: Record, method: str) -> str:
    session = Record(
        ctx.catalog.get("_mfas"),
        {"collectionRef": record.collection.id, "recordRef": record.id, "method": method},
    )
    await save_record(ctx, session)
    return session.id


async def _complete(
    ctx: Context, record: Record, method: str, mfa_id: str, config: MfaOptions
) -> None:
    session = await find_record(ctx, ctx.catalog.get("_mfas"), mfa_id)
    if session is None:
        raise BadRequest("Invalid or expired MFA session.")
    if age_s(session) > config.duration:
        await _take(ctx, session)
        raise BadRequest("Invalid or expired MFA session.")
    belongs = (session.get("collectionRef"), session.get("recordRef"))
    if belongs != (record.collection.id, record.id):
        raise BadRequest("Invalid MFA session.")
    if session.get("method") == method:
        raise BadRequest("A different authentication method is required.")
    await _take(ctx, session)


async def _take(ctx: Context, session: Record) -> None:
    """Delete the session.

    Raises:
        BadRequest: another request of the same moment was first: a session counts once.
    """
    try:
        await delete_record(ctx, session)
    except NotFound as error:
        raise BadRequest("Invalid or expired MFA session.") from error

"""Multi-factor sign-in: the first method opens a session, a different one completes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pbpy.auth.queries import take_mfa
from pbpy.errors import BadRequest, PbpyError
from pbpy.records.find import find_record
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
        BadRequest: mfa_id is unknown, expired, of another record or of the same method.
    """
    options = record.collection.auth
    if options is None or not options.mfa.enabled or not method:
        return
    if options.mfa.rule and not await satisfies_rule(ctx, info, record, options.mfa.rule):
        return
    if not mfa_id:
        raise MfaRequired(await _start(ctx, record, method))
    await _complete(ctx, record, method, mfa_id, options.mfa)


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
    if _age_s(session) > config.duration:
        await delete_record(ctx, session)
        raise BadRequest("Invalid or expired MFA session.")
    belongs = (session.get("collectionRef"), session.get("recordRef"))
    if belongs != (record.collection.id, record.id):
        raise BadRequest("Invalid MFA session.")
    if session.get("method") == method:
        raise BadRequest("A different authentication method is required.")
    async with ctx.transaction() as bound:
        if not await bound.tx.execute(take_mfa(mfa_id)):
            # Another request of the same moment was first: a session counts once.
            raise BadRequest("Invalid or expired MFA session.")


def _age_s(session: Record) -> float:
    created = datetime.fromisoformat(session.get("created"))
    return (datetime.now(UTC) - created).total_seconds()

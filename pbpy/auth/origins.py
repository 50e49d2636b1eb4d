"""Where an auth record signs in from, and the mail about a new place.

Source: PocketBase apis/record_helpers.go authAlert.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from typing import TYPE_CHECKING, Final

from pbpy.auth.mails import send_auth_alert
from pbpy.auth.queries import select_of_record
from pbpy.errors import PbpyError, ValidationFailed
from pbpy.records.record import Record
from pbpy.records.save import delete_record, save_record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.records.request_info import RequestInfo

MAX_ORIGINS: Final = 5
ALERT_TIMEOUT_S: Final = 15.0
_MAX_AGENT_BYTES: Final = 200


async def note_origin(ctx: Context, info: RequestInfo, record: Record) -> None:
    """Remember where a sign-in came from; mail the record's owner when the place is new.

    Takes ALERT_TIMEOUT_S at most (SEC-23). A place whose mail was not sent is not remembered,
    so the next sign-in from there tries again. Failures go to the log.
    """
    try:
        await _note_origin(ctx, info, record)
    except TimeoutError:
        ctx.log.warning("login alert of %r: the mail took too long", record)
    except PbpyError as error:
        ctx.log.warning("login alert of %r failed: %s", record, error)
    except Exception:  # of a handler; the sign-in itself is done
        ctx.log.exception("login alert of %r failed", record)


async def _note_origin(ctx: Context, info: RequestInfo, record: Record) -> None:
    agent = _agent(info)
    place = info.real_ip.encode() + agent.encode("latin-1")
    fingerprint = hashlib.md5(place, usedforsecurity=False).hexdigest()
    collection = ctx.catalog.get("_authOrigins")
    rows = await ctx.db.all(select_of_record(collection, record))
    origins = [Record.from_row(collection, row) for row in rows]
    known = next((item for item in origins if item.get("fingerprint") == fingerprint), None)
    if known is not None:
        await save_record(ctx, known)
        return
    if origins and record.email:
        async with asyncio.timeout(ALERT_TIMEOUT_S):
            await send_auth_alert(ctx, record, f"{ctx.now()} - {info.real_ip} {agent}")
    for oldest in reversed(origins[MAX_ORIGINS - 1 :]):
        await delete_record(ctx, oldest)
    owner = {"collectionRef": record.collection.id, "recordRef": record.id}
    # a sign-in of the same moment may have noted it already
    with contextlib.suppress(ValidationFailed):
        await save_record(ctx, Record(collection, {**owner, "fingerprint": fingerprint}))


def _agent(info: RequestInfo) -> str:
    """Return the User-Agent, each byte a character, cut where PocketBase cuts it."""
    agent = info.headers.get("user_agent", "")
    return agent if len(agent) <= _MAX_AGENT_BYTES else agent[:_MAX_AGENT_BYTES] + "..."

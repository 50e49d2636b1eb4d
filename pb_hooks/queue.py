"""Meeting queue: who waits at which place, when work began and ended, who may begin it.

Pending items stand at the places 1, 2, 3...; all others have place 0. Whatever changes the line
happens in one transaction with the change that caused it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy import BadRequest

if TYPE_CHECKING:
    from pbpy import Record
    from pbpy.app import App
    from pbpy.hooks.events import RecordEvent, RecordRequestEvent

PENDING = "pending"
PROCESSING = "processing"
STAMPS = {
    PROCESSING: "started_at",
    "completed": "completed_at",
    "failed": "completed_at",
    "cancelled": "completed_at",
}
TAKEN = "Only a pending item can be processed."


def register(app: App) -> None:
    """Bind the hooks, and have the start warn about missing collections."""
    app.require_collections("user_meta", "api_keys", "queue", "logs")
    app.on_record_create.on("queue")(join)
    app.on_record_update_request.on("queue")(refuse_late_claim)
    app.on_record_update.on("queue")(change_status)
    app.on_record_delete.on("queue")(leave)


async def join(e: RecordEvent) -> None:
    """Put a new pending item at the end of the line."""
    async with e.in_transaction() as app:
        if not e.record.get("queued_at"):
            e.record.set("queued_at", app.now())
        stamp(app, e.record)
        await take_place(app, e.record)
        await e.next()


def refuse_late_claim(e: RecordRequestEvent) -> None:
    """Refuse to claim what somebody has claimed already, whoever asks.

    To the record a claim that comes late looks like no change at all.
    """
    is_claim = e.info.body.get("status") == PROCESSING
    if is_claim and e.record.original("status") != PENDING:
        raise BadRequest(TAKEN)


async def change_status(e: RecordEvent) -> None:
    """Move an item into or out of the line, and note the time.

    Of several claims at once one comes first; the others find the item taken.
    """
    record = e.record
    if "status" not in record.changed_names():
        await e.next()
        return
    async with e.in_transaction() as app:
        stored = await app.find_record("queue", record.original_id)
        before = stored.get("status") if stored else ""
        status = record.get("status")
        if status == PROCESSING and before != PENDING:
            raise BadRequest(TAKEN)
        if status != before:
            stamp(app, record)
        if before == PENDING and status != PENDING:
            record.set("position", 0)
        elif before != PENDING:
            await take_place(app, record)
        await e.next()
        if before == PENDING and status != PENDING:
            await close_up(app)


async def leave(e: RecordEvent) -> None:
    """Close the gap that a deleted item leaves."""
    async with e.in_transaction() as app:
        await e.next()
        await close_up(app)


def stamp(app: App, record: Record) -> None:
    """Note when work began or ended, unless the client has said so itself."""
    name = STAMPS.get(record.get("status"))
    if name and name not in record.changed_names():
        record.set(name, app.now())


async def take_place(app: App, record: Record) -> None:
    """Give a pending item without a place the one behind the last."""
    if record.get("status") != PENDING or record.get("position"):
        return
    last = await app.find_records("queue", "status = 'pending'", sort="-position", limit=1)
    record.set("position", last[0].get("position") + 1 if last else 1)


async def close_up(app: App) -> None:
    """Move everybody up so that no place is empty; each move is a save that clients can see.

    While a user is deleted, his items still stand here and wait for their own deletion; the key
    that every user has tells them apart.
    """
    waiting = await app.find_records(
        "queue", "status = 'pending' && user_id.tokenKey != ''", sort="position,@rowid"
    )
    for place, item in enumerate(waiting, 1):
        if item.get("position") != place:
            item.set("position", place)
            await app.save(item)

"""HVAC CRM: copies of contacts and jobs in other backends, and what is to be sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrations import Autodate, Bool, Collection, Date, Json, Number, Select, Text

if TYPE_CHECKING:
    from pbpy.migrations import App, Field

SYNCED = ("contacts", "jobs")


async def up(app: App) -> None:
    """Give contacts and jobs the id of their copy, and create the collections of the sync."""
    for name in SYNCED:
        await app.save(
            app.get_collection(name)
            .with_fields(Text("externalId", max=64), Date("syncedAt"), Number("syncVersion"))
            .with_index(
                f"ux_{name}_externalId", "externalId", unique=True, where="`externalId` != ''"
            )
        )
    for collection in (sync_outbox(), sync_state(), sync_conflicts()):
        await app.save(collection)


async def down(app: App) -> None:
    """Delete the collections of the sync and what was added to contacts and jobs."""
    for name in ("sync_conflicts", "sync_state", "sync_outbox"):
        if collection := app.find_collection(name):
            await app.delete(collection)
    for name in SYNCED:
        if collection := app.find_collection(name):
            await app.save(
                collection.without_indexes(f"ux_{name}_externalId").without_fields(
                    "externalId", "syncedAt", "syncVersion"
                )
            )


def sync_outbox() -> Collection:
    """Return the collection of changes that wait to be sent."""
    return (
        Collection.new_base(
            "sync_outbox",
            fields=[
                choice("target", "convex", "weaviate", "supabase"),
                Text("entity"),
                Text("recordId"),
                choice("action", "create", "update", "delete", "file"),
                Json("payload"),
                choice("status", "pending", "processing", "done", "failed"),
                Number("attempts"),
                Date("nextAttemptAt"),
                Text("lastError"),
                Autodate("created", on_create=True),
                Autodate("updated", on_create=True, on_update=True),
            ],
        )
        .with_index("idx_sync_outbox_status_next", "status", "nextAttemptAt")
        .with_index("idx_sync_outbox_record", "entity", "recordId")
    )


def sync_state() -> Collection:
    """Return the collection of how far each pull has come."""
    return Collection.new_base(
        "sync_state",
        fields=[
            Text("target"),
            Text("entity"),
            Text("cursor"),
            Date("lastRunAt"),
            Bool("lastOk"),
            Json("counts"),
        ],
    ).with_index("ux_sync_state_target_entity", "target", "entity", unique=True)


def sync_conflicts() -> Collection:
    """Return the collection of records that were changed on both sides."""
    return Collection.new_base(
        "sync_conflicts",
        fields=[
            Text("entity"),
            Text("recordId"),
            Json("localData"),
            Json("remoteData"),
            choice("resolution", "local", "remote", "manual"),
            Autodate("created", on_create=True),
        ],
    )


def choice(name: str, *values: str) -> Field:
    """Return a select of one value."""
    return Select(name, values, max_select=1)

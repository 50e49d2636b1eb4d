"""FPV racing: the order of races, what to fetch next, and small shared state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrations import Autodate, Bool, Collection, Number, Relation, Text

if TYPE_CHECKING:
    from pbpy.migrations import App, Field

NAMES = ("ingest_targets", "server_settings", "client_kv", "control_stats")


async def up(app: App) -> None:
    """Number the races, and add the collections of the scheduler and its clients."""
    races = app.get_collection("races")
    await app.save(
        races.with_fields(Number("raceOrder", only_int=True)).with_index(
            "idx_races_event_order", "event", "raceOrder"
        )
    )
    for collection in (ingest_targets(), server_settings(), client_kv(), control_stats()):
        await app.save(collection)


async def down(app: App) -> None:
    """Delete the collections and the numbers of the races."""
    for name in NAMES:
        if collection := app.find_collection(name):
            await app.delete(collection)
    if races := app.find_collection("races"):
        await app.save(races.without_indexes("idx_races_event_order").without_fields("raceOrder"))


def ingest_targets() -> Collection:
    """Return the collection of what the scheduler fetches and when (Unix time in ms)."""
    return (
        Collection.new_base(
            "ingest_targets",
            fields=[
                Text("type", required=True, max=32),
                Text("sourceId", required=True, max=128),
                Relation("event", "events", cascade=True, max_select=1),
                *integers("intervalMs", "nextDueAt", "priority", "lastFetchedAt"),
                Bool("enabled"),
                Text("lastStatus", max=255),
                *dates(),
            ],
        )
        .with_index("ux_ingest_targets_key", "type", "sourceId", unique=True)
        .with_index("idx_ingest_targets_due", "enabled", "nextDueAt")
    )


def server_settings() -> Collection:
    """Return the collection of settings that superusers change at run time."""
    return Collection.new_base(
        "server_settings",
        fields=[
            Text("key", required=True, max=128, presentable=True),
            Text("value", max=8192),
            *dates(),
        ],
    ).with_index("ux_server_settings_key", "key", unique=True)


def client_kv() -> Collection:
    """Return the collection of small JSON values that every client may read."""
    return Collection.new_base(
        "client_kv",
        list_rule="",
        view_rule="",
        fields=[
            Text("namespace", required=True, max=64),
            Text("key", required=True, max=128),
            Text("value", max=65536),
            Relation("event", "events", cascade=True, max_select=1),
            *integers("expiresAt"),
            *dates(),
        ],
    ).with_index("ux_client_kv_scope", "namespace", "event", "key", unique=True)


def control_stats() -> Collection:
    """Return the collection of request counters."""
    return Collection.new_base(
        "control_stats",
        fields=[
            Text("bucket", required=True, max=64),
            *integers("total", "fullResponses", "etagHits", "errors"),
            *dates(),
        ],
    ).with_index("ux_control_stats_bucket", "bucket", unique=True)


def integers(*names: str) -> list[Field]:
    """Return number fields for whole numbers."""
    return [Number(name, only_int=True) for name in names]


def dates() -> list[Field]:
    """Return the dates that the server sets."""
    return [
        Autodate("created", on_create=True),
        Autodate("updated", on_create=True, on_update=True),
    ]

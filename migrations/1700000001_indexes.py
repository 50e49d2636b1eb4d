"""FPV racing: one record per upstream object, and indexes for the queries of the clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.migrations import App

# Index by name, which begins with `ux_` where it is unique, and its columns. Two races of a round
# may have the same number: a cancelled heat and the one that replaces it.
INDEXES: dict[str, dict[str, tuple[str, ...]]] = {
    "events": {
        "ux_events_source": ("source", "sourceId"),
        "idx_events_current": ("isCurrent",),
    },
    "rounds": {
        "ux_rounds_source": ("source", "sourceId"),
        "idx_rounds_event_order": ("event", "order"),
    },
    "pilots": {
        "ux_pilots_source": ("source", "sourceId"),
    },
    "event_pilots": {
        "ux_event_pilots": ("event", "pilot"),
        "idx_event_pilots_pilot": ("pilot",),
    },
    "channels": {
        "ux_channels_source": ("source", "sourceId"),
    },
    "tracks": {
        "ux_tracks_source": ("source", "sourceId"),
    },
    "races": {
        "ux_races_source": ("source", "sourceId"),
        "idx_races_event_round_number": ("event", "round", "raceNumber"),
        "idx_races_event_start": ("event", "start"),
    },
    "pilotChannels": {
        "ux_pilotChannels_source": ("source", "sourceId"),
        "idx_pilotChannels_race": ("race",),
        "ux_pilotChannels_event_default": ("event", "pilot"),
    },
    "detections": {
        "ux_detections_source": ("source", "sourceId"),
        "idx_detections_race_pilot_lap": ("race", "pilot", "lapNumber"),
        "idx_detections_race_time": ("race", "time"),
        "idx_detections_updated": ("updated",),
    },
    "laps": {
        "ux_laps_source": ("source", "sourceId"),
        "idx_laps_race_number": ("race", "lapNumber"),
        "idx_laps_detection": ("detection",),
        "idx_laps_updated": ("updated",),
    },
    "gamePoints": {
        "ux_gamePoints_source": ("source", "sourceId"),
        "idx_gamePoints_race_time": ("race", "time"),
    },
    "results": {
        "ux_results_source": ("source", "sourceId"),
        "idx_results_event_race_position": ("event", "race", "position"),
        "idx_results_pilot": ("pilot",),
    },
}

# A pilot has one default channel per event, and any number of them in its races.
CONDITIONS = {"ux_pilotChannels_event_default": "`race` = ''"}


async def up(app: App) -> None:
    """Add the indexes."""
    for name, indexes in INDEXES.items():
        collection = app.get_collection(name)
        for index, columns in indexes.items():
            collection = collection.with_index(
                index,
                *columns,
                unique=index.startswith("ux_"),
                where=CONDITIONS.get(index, ""),
            )
        await app.save(collection)


async def down(app: App) -> None:
    """Remove the indexes that `up` has added, and no others."""
    for name, indexes in INDEXES.items():
        if collection := app.find_collection(name):
            await app.save(collection.without_indexes(*indexes))

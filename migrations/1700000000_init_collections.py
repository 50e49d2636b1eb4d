"""FPV racing: events and what FPVTrackside records about them; everyone reads, superusers write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrations import Autodate, Bool, Collection, Date, Json, Number, Relation, Text, Url

if TYPE_CHECKING:
    from pbpy.migrations import App, Field

JSON_BYTES = 200_000
TRACK_BYTES = 1_000_000

CHILDREN_FIRST = (
    "results",
    "gamePoints",
    "laps",
    "detections",
    "pilotChannels",
    "races",
    "tracks",
    "channels",
    "event_pilots",
    "pilots",
    "rounds",
    "events",
)


async def up(app: App) -> None:
    """Create the collections, each after those it points to; events get their relations last."""
    events = await app.save(public("events", *source_fields(), *event_fields()))
    await app.save(public("rounds", *source_fields(), one("event", "events"), *round_fields()))
    await app.save(public("pilots", *source_fields(), *pilot_fields()))
    await app.save(
        public(
            "event_pilots",
            one("event", "events"),
            one("pilot", "pilots"),
            Bool("removed"),
            *dates(),
        )
    )
    await app.save(public("channels", *source_fields(), *channel_fields()))
    await app.save(public("tracks", *source_fields(), *track_fields()))
    await app.save(public("races", *source_fields(), *race_fields()))
    await app.save(public("pilotChannels", *source_fields(), *pilot_channel_fields()))
    await app.save(public("detections", *source_fields(), *detection_fields()))
    await app.save(public("laps", *source_fields(), *lap_fields()))
    await app.save(public("gamePoints", *source_fields(), *game_point_fields()))
    await app.save(public("results", *source_fields(), *result_fields()))
    await app.save(
        events.with_fields(
            Relation("channels", "channels", max_select=999),
            maybe("track", "tracks"),
        )
    )


async def down(app: App) -> None:
    """Delete the collections, each before those it points to."""
    events = app.find_collection("events")
    if events:
        await app.save(events.without_fields("channels", "track"))
    for name in CHILDREN_FIRST:
        if collection := app.find_collection(name):
            await app.delete(collection)


def public(name: str, *fields: Field) -> Collection:
    """Return a collection that everyone may read."""
    return Collection.new_base(name, list_rule="", view_rule="", fields=fields)


# fields of one kind


def texts(*names: str, max: int) -> list[Field]:  # noqa: A002  # the option's name
    """Return text fields of the same length."""
    return [Text(name, max=max) for name in names]


def integers(*names: str) -> list[Field]:
    """Return number fields for whole numbers."""
    return [Number(name, only_int=True) for name in names]


def moments(*names: str) -> list[Field]:
    """Return date fields."""
    return [Date(name) for name in names]


def flags(*names: str) -> list[Field]:
    """Return bool fields."""
    return [Bool(name) for name in names]


def one(name: str, collection: str) -> Field:
    """Return a required relation; the record goes when its target goes."""
    return Relation(name, collection, required=True, cascade=True, max_select=1)


def maybe(name: str, collection: str) -> Field:
    """Return an optional relation, emptied when its target goes."""
    return Relation(name, collection, max_select=1)


def dates() -> list[Field]:
    """Return the dates that the server sets."""
    return [
        Autodate("created", on_create=True),
        Autodate("updated", on_create=True, on_update=True),
    ]


# fields of one collection


def source_fields() -> list[Field]:
    """Return what every record from FPVTrackside begins with: where it comes from."""
    return [
        Text("sourceId", required=True, max=64),
        Text("source", required=True, max=32),
        Number("externalId", only_int=True),
        Json("extra", max_size=JSON_BYTES),
        *dates(),
    ]


def event_fields() -> list[Field]:
    """Return the fields of an event but its relations."""
    return [
        Text("name", required=True, max=255, presentable=True),
        Url("sourceURL"),
        Text("eventType", max=32),
        *moments("start", "end", "lastOpened"),
        *integers("laps", "pbLaps", "packLimit"),
        *texts(
            "raceLength",
            "minStartDelay",
            "maxStartDelay",
            "raceStartIgnoreDetections",
            "minLapTime",
            "primaryTimingSystemLocation",
            max=32,
        ),
        Json("channelColors", max_size=JSON_BYTES),
        Json("channelDisplayNames", max_size=JSON_BYTES),
        Json("flags", max_size=JSON_BYTES),
        Text("gameTypeName", max=64),
        *flags("enabled", "visibleOnline", "locked", "syncWithFPVTrackside", "syncWithMultiGP"),
        Bool("isCurrent"),
    ]


def round_fields() -> list[Field]:
    """Return the fields of a round."""
    return [
        Text("name", max=255, presentable=True),
        *integers("roundNumber", "order"),
        *texts("eventType", "roundType", max=32),
        Bool("valid"),
        Json("pointSummary", max_size=JSON_BYTES),
        Json("timeSummary", max_size=JSON_BYTES),
        Bool("lapCountAfterRound"),
        Text("sheetFormatFilename", max=255),
        Date("scheduledStart"),
        Text("gameTypeName", max=64),
    ]


def pilot_fields() -> list[Field]:
    """Return the fields of a pilot; the Discord id is personal and for superusers only."""
    return [
        Text("name", required=True, max=255, presentable=True),
        *texts("phonetic", "firstName", "lastName", "sillyName", max=128),
        Text("discordId", max=64, hidden=True),
        *texts("aircraft", "catchPhrase", "bestResult", max=255),
        Bool("practicePilot"),
        Text("photoPath", max=255),
    ]


def channel_fields() -> list[Field]:
    """Return the fields of a radio channel."""
    return [
        *integers("number", "frequency"),
        *texts("band", "shortBand", "channelPrefix", max=32),
        Text("displayName", max=64, presentable=True),
    ]


def track_fields() -> list[Field]:
    """Return the fields of a track; `event` is the first event that named it."""
    return [
        Text("name", max=255, presentable=True),
        Number("length"),
        Number("gridSize", only_int=True),
        Json("trackElements", max_size=TRACK_BYTES),
        maybe("event", "events"),
    ]


def race_fields() -> list[Field]:
    """Return the fields of a race; no `start` means not started, no `end` still running."""
    return [
        one("event", "events"),
        maybe("round", "rounds"),
        *integers("raceNumber", "targetLaps"),
        *moments("start", "end"),
        *texts("totalPausedTime", "primaryTimingSystemLocation", max=32),
        *flags("valid", "autoAssignNumbers"),
        Text("bracket", max=32),
        Url("sourceURL"),
    ]


def pilot_channel_fields() -> list[Field]:
    """Return the fields of a pilot's channel: in one race, or without one the event's default."""
    return [
        one("event", "events"),
        Relation("race", "races", cascade=True, max_select=1),
        one("pilot", "pilots"),
        maybe("channel", "channels"),
    ]


def detection_fields() -> list[Field]:
    """Return the fields of a detection: a pilot passed a timing system."""
    return [
        one("race", "races"),
        one("event", "events"),
        maybe("pilot", "pilots"),
        maybe("channel", "channels"),
        *integers("timingSystemIndex", "peak", "lapNumber", "raceSector"),
        Date("time"),
        Text("timingSystemType", max=32),
        *flags("valid", "isLapEnd", "isHoleshot"),
        Text("validityType", max=32),
    ]


def lap_fields() -> list[Field]:
    """Return the fields of a lap; lap 0 is the holeshot."""
    return [
        one("race", "races"),
        one("event", "events"),
        maybe("detection", "detections"),
        Number("lapNumber", only_int=True),
        Number("lengthSeconds"),
        *moments("startTime", "endTime"),
    ]


def game_point_fields() -> list[Field]:
    """Return the fields of a point in a game race."""
    return [
        one("race", "races"),
        one("event", "events"),
        maybe("pilot", "pilots"),
        maybe("channel", "channels"),
        Bool("valid"),
        Date("time"),
    ]


def result_fields() -> list[Field]:
    """Return the fields of a result; one without a race counts for the event."""
    return [
        one("event", "events"),
        Relation("race", "races", cascade=True, max_select=1),
        maybe("round", "rounds"),
        one("pilot", "pilots"),
        *integers("points", "position"),
        *flags("valid", "dnf"),
        Text("resultType", max=32),
    ]

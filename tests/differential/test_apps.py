"""The collections of the application sets, imported: both servers answer the applications alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.apps import rows
from tests.apps.sets import importable
from tests.differential.batteries import filters, made, sorts, user
from tests.differential.steps import (
    Actor,
    Part,
    Step,
    auth,
    collections,
    fixture,
    guest,
    records,
    scenario,
    su,
)

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

Json = Any

EVENT, ROUND, PILOT = "fpvevent0000000", "fpvround0000000", "fpvpilot0000000"
RACE, DETECTION, CHANNEL = "fpvrace00000000", "fpvdetection000", "fpvchannel00000"
CONTACT, JOB, MESSAGE = "crmcontact00000", "crmjob000000000", "crmmessage00000"
ITEM = "queueitem000000"


def as_form(body: Json) -> list[Part]:
    return [(name, str(value)) for name, value in body.items()]


def row(record_id: str, source_id: str = "", /, **values: Json) -> Json:
    return {"id": record_id, **rows.sourced(source_id or record_id, **values)}


def imported(*names: str) -> list[Step]:
    """Import some sets; the answer has no body, so list what is there then."""
    body = {"collections": importable(names), "deleteMissing": False}
    return [
        fixture(su.put("/api/collections/import", body, title=f"import {' '.join(names)}")),
        su.get(collections(perPage=500)),
    ]


OWNER, OTHER, ADMIN = (Actor(name) for name in ("q_owner", "q_other", "q_admin"))
OWNER_ID, OTHER_ID, ADMIN_ID = "qowner000000000", "qother000000000", "qadmin000000000"
TECHNICIAN, MANAGER, CUSTOMER = (Actor(name) for name in ("c_tech", "c_manager", "c_customer"))
TECHNICIAN_ID = "ctech0000000000"

READ = (
    *("events", "rounds", "pilots", "event_pilots", "channels", "tracks", "races", "results"),
    *("pilotChannels", "detections", "laps", "gamePoints", "processed_laps"),
    *("ingest_targets", "client_kv"),
)
IN_RACE = {"event": EVENT, "race": RACE}

HOLESHOT = {"valid": True, "isHoleshot": True}

FPV = scenario(
    "fpv",
    imported("fpv"),
    made("channels", row(CHANNEL, number=2, band="Raceband", displayName="R2")),
    made(
        "events",
        row(EVENT, name="Event", start="2025-08-31 00:00:00", channels=[CHANNEL], laps=4)
        | {"channelColors": ["#FF0000"], "channelDisplayNames": [None, "R1"], "extra": {"IsGQ": 1}},
    ),
    made("tracks", row("fpvtrack0000000", event=EVENT, length=12.5)),
    su.patch(records("events", EVENT), {"track": "fpvtrack0000000"}),
    made("rounds", row(ROUND, event=EVENT, order=200), row("fpvround0000001", event=EVENT)),
    made("pilots", row(PILOT, name="Amber", discordId="secret")),
    made("event_pilots", {"event": EVENT, "pilot": PILOT}),
    made("races", row(RACE, event=EVENT, round=ROUND, raceNumber=1, start="2025-08-31 9:55:00Z")),
    made("pilotChannels", row("fpvdefault00000", event=EVENT, pilot=PILOT, channel=CHANNEL)),
    made("detections", row(DETECTION, **IN_RACE, **HOLESHOT, pilot=PILOT, peak=-3)),
    made("detections", row("fpvdetection001", **IN_RACE, pilot=PILOT)),
    made("laps", row("fpvlap000000000", **IN_RACE, detection=DETECTION, lengthSeconds=6.0523497)),
    made("laps", row("fpvlap000000001", **IN_RACE, detection="fpvdetection001", lapNumber=1)),
    made("gamePoints", row("fpvpoint0000000", **IN_RACE, pilot=PILOT, time="2025-08-31 12:30:00Z")),
    made("results", row("fpvresult000000", **IN_RACE, pilot=PILOT, position=-1, resultType="Race")),
    *(actor.get(records(name, sort="id")) for name in READ for actor in (guest, su)),
    guest.get(records("races", RACE, expand="laps_via_race,detections_via_race")),
    guest.get(records("races", expand="laps_via_race.detection.pilot,round,event.channels")),
    guest.get(records("event_pilots", filter=f'(event="{EVENT}")', expand="pilot")),
    guest.get(records("processed_laps", filter=f"race = '{RACE}'", expand="pilot,race.event")),
    filters(
        "pilots",
        f'event_pilots_via_pilot.event ?= "{EVENT}"',
        'event_pilots_via_pilot.event ?= "missing"',
        f'(sourceId="{PILOT}")',
        f'sourceId=="{PILOT}"',
        "discordId = 'secret'",
        actor=guest,
    ),
    filters("detections", "time = ''", "peak < 0", "valid = true && isHoleshot = true"),
    filters("laps", "updated > '2020-01-01'", "lengthSeconds > 6", "detection.valid = true"),
    sorts("rounds", "order", "-order", "event.name,-order"),
    # every kind of refusal
    su.post(records("events"), row("", "e")),
    su.post(records("events"), {"name": "x"}),
    su.post(records("events"), row("", EVENT, name="x")),
    su.post(records("rounds"), row("", "r3")),
    su.post(records("rounds"), row("", "r3", event="missing")),
    su.post(records("rounds"), row("", "r3", event=EVENT, order=1.5)),
    su.post(records("rounds"), row("", "r4", event=EVENT, eventType="x" * 33)),
    su.post(records("event_pilots"), {"event": EVENT, "pilot": PILOT}),
    su.post(records("pilotChannels"), row("", "d2", event=EVENT, pilot=PILOT)),
    fixture(su.post(records("pilotChannels"), row("", "d3", **IN_RACE, pilot=PILOT))),
    fixture(su.post(records("pilotChannels"), row("", "d4", **IN_RACE, pilot=PILOT))),
    guest.post(records("events"), row("", "x", name="x")),
    guest.patch(records("events", EVENT), {"name": "x"}),
    guest.delete(records("events", EVENT)),
    su.post(records("processed_laps"), {}),
    # what goes with what
    su.delete(records("detections", DETECTION)),
    su.get(records("laps", sort="id")),
    su.delete(records("rounds", ROUND)),
    su.get(records("races")),
    su.delete(records("channels", CHANNEL)),
    su.get(records("events")),
    su.delete(records("events", EVENT)),
    *(su.get(records(name)) for name in ("races", "laps", "results", "tracks", "pilots")),
    su.delete(collections("events"), ignore_message="names in the order of a Go map"),
    su.delete(collections("results")),
)

QUEUE = scenario(
    "queue",
    imported("queue"),
    user("users", OWNER_ID, "q_owner"),
    user("users", OTHER_ID, "q_other"),
    user("users", ADMIN_ID, "q_admin", is_admin=True),
    guest.post(records("users"), rows.user("q_new")),
    guest.post(records("users"), rows.user("q_evil", is_admin=True)),
    guest.post(records("users"), rows.user("q_evil", is_admin="true")),
    guest.post(records("users"), rows.user("q_evil", is_admin=1)),
    OWNER.patch(records("users", OWNER_ID), {"is_admin": True}),
    OWNER.patch(records("users", OWNER_ID), {"is_admin": False, "name": "Owner"}),
    made("queue", {"id": ITEM, **rows.queued(OWNER_ID, position=1)}),
    made("logs", {"id": "logofnobody0000", **rows.log_line("")}, rows.log_line(OTHER_ID)),
    *(
        step
        for actor, own in ((OWNER, OWNER_ID), (OTHER, OTHER_ID), (ADMIN, ADMIN_ID), (guest, ""))
        for step in (
            actor.post(records("queue"), rows.queued(own, "mine", metadata={"a": 1})),
            actor.post(records("queue"), rows.queued(own, "mine")),
            actor.post(records("queue"), rows.queued(OWNER_ID, f"for owner by {own}")),
            actor.patch(records("queue", ITEM), {"status": "processing"}),
            actor.patch(records("queue", ITEM), {"user_id": OTHER_ID}),
            actor.patch(records("queue", ITEM), {"status": "wrong"}),
            actor.patch(records("queue", ITEM), {"position": -1}),
            actor.get(records("queue", sort="@rowid")),
            actor.post(records("logs"), rows.log_line(own, metadata={"b": [1], "a": "x"})),
            actor.post(records("logs"), rows.log_line("", level="loud")),
            actor.get(records("logs", sort="@rowid", expand="user_id")),
            actor.delete(records("logs", "logofnobody0000")),
            actor.post(records("user_meta"), {"user_id": own, "active": True}),
            actor.post(records("user_meta"), {"user_id": own, "premium": True}),
            actor.get(records("user_meta")),
            actor.post(records("api_keys"), {"user_id": own, "encrypted_loom": "cipher"}),
            actor.get(records("api_keys")),
        )
    ),
    su.get(records("_superusers", fields="id,email")),
    ADMIN.get(records("_superusers")),
    guest.get(records("_superusers")),
    guest.get("/api/admins"),
    su.delete(records("users", OWNER_ID)),
    *(su.get(records(name, sort="@rowid")) for name in ("queue", "logs", "user_meta", "api_keys")),
)

OF_JOB = as_form(rows.photo(JOB, CONTACT))
PHOTO: Part = ("file", "Pompa ciepła.png", rows.PNG)

CRM = scenario(
    "crm",
    imported("queue", "crm"),
    user("users", TECHNICIAN_ID, "c_tech", role="technician", district="Wola"),
    user("users", "cmanager0000000", "c_manager", role="manager"),
    user("users", "ccustomer000000", "c_customer"),
    guest.post(records("users"), rows.user("c_evil", role="manager")),
    guest.post(records("users"), rows.user("c_evil", role="")),
    CUSTOMER.patch(records("users", "ccustomer000000"), {"role": "manager"}),
    *(actor.get(records("users", sort="@rowid")) for actor in (guest, CUSTOMER, TECHNICIAN)),
    made("contacts", rows.contact(id=CONTACT, district="Żoliborz", affluenceScore=0.5)),
    made("jobs", rows.job(CONTACT, id=JOB, technicianId=TECHNICIAN_ID)),
    made("realtime_events", {"id": MESSAGE, **rows.event_for(TECHNICIAN_ID)}),
    *(
        step
        for actor in (guest, CUSTOMER, TECHNICIAN, MANAGER)
        for step in (
            actor.post(records("contacts"), rows.contact(name="New")),
            actor.post(records("contacts"), rows.contact(district="Praga")),
            actor.post(records("contacts"), rows.contact(affluenceScore=1.5)),
            actor.get(records("contacts", filter="district = 'Żoliborz'")),
            actor.post(records("jobs"), rows.job(CONTACT, coordinates={"lat": 52.2, "lng": 21})),
            actor.post(records("jobs"), rows.job(CONTACT, coordinates={"lat": 52.2, "lon": 21})),
            actor.post(records("jobs"), rows.job(CONTACT, estimatedDuration=0)),
            actor.get(records("jobs", expand="contactId,technicianId", sort="@rowid")),
            actor.get(
                records(
                    "jobs",
                    filter="geoDistance(coordinates.lon, coordinates.lat, 21, 52.2) < 5",
                    fields="coordinates",
                )
            ),
            actor.patch(records("jobs", JOB), {"status": "in_progress", "priority": "urgent"}),
            actor.multipart(records("equipment_photos"), [PHOTO, *OF_JOB]),
            actor.multipart(records("equipment_photos"), OF_JOB),
            actor.multipart(
                records("equipment_photos"),
                [("file", "a.txt", b"text"), *OF_JOB],
            ),
            actor.multipart(
                records("invoices"),
                [("file", "fv.pdf", rows.PDF), *as_form(rows.invoice(JOB, CONTACT))],
                save="invoice",
            ),
            actor.get("/api/files/invoices/{invoice.id}/{invoice.file}"),
            actor.get(records("equipment_photos", sort="@rowid")),
            actor.post(records("realtime_events"), rows.event_for("all", data='{"a":1}')),
            actor.post(records("realtime_events"), rows.event_for()),
            actor.get(records("realtime_events", sort="@rowid")),
            actor.get(records("realtime_events", filter="processed = false && type = 'message'")),
            actor.patch(records("realtime_events", MESSAGE), {"processed": True}),
            actor.delete(records("contacts", CONTACT)),
            actor.get(records("sync_outbox")),
        )
    ),
    guest.get(auth("users", "auth-methods")),
    MANAGER.delete(records("realtime_events", MESSAGE)),
    su.delete(records("users", TECHNICIAN_ID)),
    su.get(records("jobs", sort="@rowid")),
)

SCENARIOS = [FPV, QUEUE, CRM]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

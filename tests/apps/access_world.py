"""A server with all three sets, one person per role, and rows that everybody may try to reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from tests.apps import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.servers import Server

Json = Any

PEOPLE: Mapping[str, Json] = {
    "visitor": {},
    "owner": {},
    "other": {},
    "admin": {"is_admin": True},
    "technician": {"role": "technician"},
    "colleague": {"role": "technician"},
    "dispatcher": {"role": "dispatcher"},
    "manager": {"role": "manager"},
}
FPV = (
    "fpvevent0000000",
    "fpvround0000000",
    "fpvpilot0000000",
    "fpvrace00000000",
    "fpvlap000000000",
)
EVENT, ROUND, PILOT, RACE, DETECTION = FPV
CONTACT, JOB = "crmcontact00000", "crmjob000000000"


def person_id(name: str) -> str:
    return name.ljust(15, "0")


@dataclass(frozen=True, slots=True)
class Trial:
    """How the rows of a collection are tried.

    Attributes:
        rows: the bodies of its rows by name; the first is viewed, changed and deleted.
        creates: for somebody's name, the bodies of the documented ways to create a row.
        updates: the bodies of the documented ways to change it.
        is_single: whether everybody has one row at most.
    """

    rows: Mapping[str, Json]
    creates: Callable[[str], list[Json]] = lambda _: [{}]
    updates: list[Json] = field(default_factory=lambda: [{}])
    is_single: bool = False


def own_and_foreign(
    body: Callable[..., Json], who: str, more: Sequence[Json] = (), **values: Json
) -> list[Json]:
    """Return bodies for the row of who (guests try the owner's), of another, and variations."""
    own = person_id(who if who in PEOPLE else "owner")
    foreign = person_id("other" if own == person_id("owner") else "owner")
    return [
        body(own, **values),
        body(foreign, **values),
        *(body(own, **values, **extra) for extra in more),
    ]


def of_user(user_id: str, **values: Json) -> Json:
    return {"user_id": user_id, **values}


def per_owner(body: Callable[..., Json], **values: Json) -> dict[str, Json]:
    return {name: body(person_id(name), **values) for name in ("owner", "other", "admin")}


def sign_up(_: str) -> list[Json]:
    return [rows.user("new"), rows.user("new", is_admin=True), rows.user("new", role="manager")]


def log_creates(who: str) -> list[Json]:
    return [*own_and_foreign(rows.log_line, who), rows.log_line("")]


STRANGER = person_id("visitor")

QUEUE_AND_CRM: Mapping[str, Trial] = {
    "users": Trial(
        {name: rows.user(name, **values) for name, values in PEOPLE.items()},
        sign_up,
        [{"name": "changed"}, {"is_admin": True}, {"role": "manager"}],
    ),
    "user_meta": Trial(
        per_owner(of_user),
        partial(
            own_and_foreign,
            of_user,
            more=[{"premium": True}, {"verified": True}, {"file_path": "x"}],
        ),
        [
            {},
            {"premium": True},
            {"verified": True},
            {"active": True},
            {"file_path": "x"},
            {"user_id": STRANGER},
        ],
        is_single=True,
    ),
    "api_keys": Trial(
        per_owner(of_user),
        partial(own_and_foreign, of_user),
        [{"encrypted_loom": "cipher"}, {"user_id": STRANGER}],
        is_single=True,
    ),
    "queue": Trial(
        per_owner(rows.queued),
        partial(own_and_foreign, rows.queued, meeting="new"),
        [{"error_message": "changed"}, {"user_id": STRANGER}],
    ),
    "logs": Trial(
        {**per_owner(rows.log_line), "nobody": rows.log_line("")},
        log_creates,
        [{"msg": "changed"}],
    ),
    "contacts": Trial(
        {"contact": rows.contact()},
        lambda _: [rows.contact()],
        [{"phone": "1"}],
    ),
    "jobs": Trial(
        {"job": rows.job(CONTACT, technicianId=person_id("technician"))},
        lambda _: [rows.job(CONTACT)],
        [{"description": "changed"}],
    ),
    "equipment_photos": Trial(
        {"photo": rows.photo(JOB, CONTACT)},
        lambda _: [rows.photo(JOB, CONTACT)],
        [{"description": "changed"}],
    ),
    "invoices": Trial(
        {"invoice": rows.invoice(JOB, CONTACT)},
        lambda _: [rows.invoice(JOB, CONTACT)],
        [{"ocrData": "changed"}],
    ),
    "realtime_events": Trial(
        {
            "technician": rows.event_for(person_id("technician")),
            "everybody": rows.event_for("all"),
            "owner": rows.event_for(person_id("owner")),
        },
        lambda _: [rows.event_for("all")],
        [{"processed": True}],
    ),
    "sync_outbox": Trial({"change": {"entity": "jobs"}}),
    "sync_state": Trial({"state": {"target": "convex", "entity": "jobs"}}),
    "sync_conflicts": Trial({"conflict": {"entity": "jobs"}}),
}

OF_EVENT = {"event": EVENT}
OF_RACE = {**OF_EVENT, "race": RACE}


def one_row(record_id: str, **values: Json) -> Trial:
    return Trial({record_id: rows.sourced(record_id, **values)})


FPV_TRIALS: Mapping[str, Trial] = {
    "events": one_row(EVENT, name="Event"),
    "rounds": one_row(ROUND, **OF_EVENT),
    "pilots": one_row(PILOT, name="Pilot"),
    "event_pilots": Trial({"join": {**OF_EVENT, "pilot": PILOT}}),
    "channels": one_row("channel"),
    "tracks": one_row("track"),
    "races": one_row(RACE, **OF_EVENT, round=ROUND),
    "pilotChannels": one_row("pilotchannel", **OF_EVENT, pilot=PILOT),
    "detections": one_row(DETECTION, **OF_RACE, pilot=PILOT, valid=True),
    "laps": one_row("lap", **OF_RACE, detection=DETECTION, lengthSeconds=1.5),
    "gamePoints": one_row("point", **OF_RACE),
    "results": one_row("result", **OF_RACE, pilot=PILOT),
    "ingest_targets": Trial({"target": {"type": "event", "sourceId": "x"}}),
    "server_settings": Trial({"setting": {"key": "x"}}),
    "client_kv": Trial({"kv": {"namespace": "race", "key": "x"}}),
    "control_stats": Trial({"stats": {"bucket": "x"}}),
    "processed_laps": Trial({"lap": {}}),
}
TRIALS: Mapping[str, Trial] = {**QUEUE_AND_CRM, **FPV_TRIALS}


class World:
    """One running server and everybody's client."""

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self._clients = {
            "guest": httpx.Client(base_url=server.base_url),
            "superuser": httpx.Client(
                base_url=server.base_url, headers={"Authorization": server.superuser_token}
            ),
        }
        self._add("contacts", rows.contact(), CONTACT)
        for collection, trial in TRIALS.items():
            for name in trial.rows if collection != "processed_laps" else ():
                self.restore(collection, name)
            if collection == "contacts":
                self._add("jobs", rows.job(CONTACT), JOB)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def send(self, who: str, method: str, collection: str, **options: Any) -> httpx.Response:
        """Send a request for the records of a collection, or for one by `record_id`."""
        path = f"/api/collections/{collection}/records"
        if record_id := options.pop("record_id", ""):
            path += f"/{record_id}"
        return self._clients[who].request(method, path, **options)

    def write(self, who: str, method: str, collection: str, body: Json, record_id: str = "") -> Any:
        """Create or change a record; a photo comes with its file."""
        if collection == "equipment_photos" and method == "POST":
            files = {"file": ("photo.png", rows.PNG)}
            return self.send(who, method, collection, data=body, files=files)
        return self.send(who, method, collection, json=body, record_id=record_id)

    def row_id(self, collection: str, name: str) -> str:
        return (
            person_id(name).lower()
            if collection in ("users", *FPV_TRIALS)
            else (f"{collection.replace('_', '')[:7]}{name[:8]}".ljust(15, "0").lower())
        )

    def restore(self, collection: str, name: str) -> None:
        """Bring a row into the state in which everybody finds it."""
        record_id, body = self.row_id(collection, name), TRIALS[collection].rows[name]
        zero = {key: "" for update in TRIALS[collection].updates for key in update}
        # A new password would end the sign-in.
        kept = {key: value for key, value in body.items() if not key.startswith("password")}
        answer = self.write("superuser", "PATCH", collection, {**zero, **kept}, record_id)
        if answer.status_code == httpx.codes.NOT_FOUND:
            self._add(collection, body, record_id)
            if collection == "users":
                self._sign_in(name)

    def remove(self, collection: str, record_id: str) -> None:
        self.send("superuser", "DELETE", collection, record_id=record_id).raise_for_status()

    def _add(self, collection: str, body: Json, record_id: str) -> None:
        answer = self.write("superuser", "POST", collection, {**body, "id": record_id})
        assert answer.status_code == httpx.codes.OK, (collection, body, answer.text)

    def _sign_in(self, name: str) -> None:
        answer = self._clients["guest"].post(
            "/api/collections/users/auth-with-password",
            json={"identity": f"{name}@example.com", "password": "12345678"},
        )
        if name in self._clients:
            self._clients[name].close()
        client = httpx.Client(base_url=self._clients["guest"].base_url)
        client.headers["Authorization"] = answer.raise_for_status().json()["token"]
        self._clients[name] = client

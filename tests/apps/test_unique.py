"""What the indexes of the sets refuse and what they let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.apps.accounts import superuser
from tests.apps.rows import contact, sourced

if TYPE_CHECKING:
    from tests.api.conftest import Server
    from tests.apps.accounts import Account
    from tests.apps.sets import Json

NOT_UNIQUE = {"code": "validation_not_unique", "message": "Value must be unique."}


@pytest.fixture
def root(server: Server) -> Account:
    return superuser(server)


def refused(root: Account, collection: str, body: Json) -> Json:
    answer = root.send("POST", f"{collection}/records", body)
    assert answer.status_code == 400
    return answer.json()["data"]


INGESTED = {
    "events": {"name": "x"},
    "rounds": {"event": "EVENT"},
    "pilots": {"name": "x"},
    "channels": {},
    "tracks": {},
    "races": {"event": "EVENT"},
    "pilotChannels": {"event": "EVENT", "pilot": "PILOT", "race": "RACE"},
    "detections": {"event": "EVENT", "race": "RACE"},
    "laps": {"event": "EVENT", "race": "RACE"},
    "gamePoints": {"event": "EVENT", "race": "RACE"},
    "results": {"event": "EVENT", "pilot": "PILOT"},
}


@pytest.fixture
def ids(root: Account) -> dict[str, str]:
    """The ids of an event, a pilot and a race."""
    event = root.make("events", sourced("e", name="Event"))["id"]
    pilot = root.make("pilots", sourced("p", name="Pilot"))["id"]
    race = root.make("races", sourced("r", event=event))["id"]
    return {"EVENT": event, "PILOT": pilot, "RACE": race}


def test_a_source_key_is_unique_in_its_collection(root: Account, ids: dict[str, str]) -> None:
    for collection, values in INGESTED.items():
        body = {key: ids.get(value, value) for key, value in values.items()}
        first = sourced("same", **body)
        root.make(collection, first)
        assert refused(root, collection, first) == dict.fromkeys(("source", "sourceId"), NOT_UNIQUE)
        root.make(collection, {**first, "source": "elsewhere", "race": ids["RACE"]})


def test_a_pilot_has_one_default_channel_and_one_in_every_heat(
    root: Account, ids: dict[str, str]
) -> None:
    default = {"event": ids["EVENT"], "pilot": ids["PILOT"]}
    root.make("pilotChannels", sourced("1", **default))
    assert refused(root, "pilotChannels", sourced("2", **default)) == dict.fromkeys(
        ("event", "pilot"), NOT_UNIQUE
    )
    root.make("pilotChannels", sourced("3", **default, race=ids["RACE"]))
    root.make("pilotChannels", sourced("4", **default, race=ids["RACE"]))


def test_two_races_of_a_round_may_have_one_number(root: Account, ids: dict[str, str]) -> None:
    event_round = root.make("rounds", sourced("x", event=ids["EVENT"]))["id"]
    for name in ("cancelled", "instead"):
        body = {"event": ids["EVENT"], "round": event_round, "raceNumber": 3}
        root.make("races", sourced(name, **body))


def test_a_pilot_joins_an_event_once(root: Account, ids: dict[str, str]) -> None:
    body = {"event": ids["EVENT"], "pilot": ids["PILOT"]}
    root.make("event_pilots", body)
    assert set(refused(root, "event_pilots", body)) == {"event", "pilot"}


def test_empty_foreign_ids_do_not_collide(root: Account) -> None:
    root.make("contacts", contact())
    root.make("contacts", contact())
    root.make("contacts", contact(externalId="there"))
    assert refused(root, "contacts", contact(externalId="there")) == {"externalId": NOT_UNIQUE}


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT id FROM races WHERE event = 'x' ORDER BY start", "idx_races_event_start"),
        ("SELECT id FROM rounds WHERE event = 'x' ORDER BY `order`", "idx_rounds_event_order"),
        ("SELECT id FROM detections WHERE race = 'x' ORDER BY time", "idx_detections_race_time"),
        ("SELECT id FROM laps WHERE updated > 'x'", "idx_laps_updated"),
        ("SELECT id FROM queue WHERE status = 'pending' ORDER BY position", "idx_queue_status"),
        ("SELECT id FROM logs WHERE level = 'warn' ORDER BY ts", "idx_logs_level_ts"),
        ("SELECT id FROM contacts WHERE district = 'Wola'", "idx_contacts_district"),
    ],
)
def test_queries_use_their_index(server: Server, query: str, index: str) -> None:
    plan = server.run(server.app.query(f"EXPLAIN QUERY PLAN {query}"))
    assert [row for row in plan if index in str(row["detail"])], plan
    assert not [row for row in plan if "TEMP B-TREE" in str(row["detail"])], plan

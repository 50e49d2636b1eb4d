"""Who may do what: the rules of all three sets as one table, on pbpy and on PocketBase.

The table has a section per collection, or for several that are alike. A line says for a role what
it finds in a list (the names of rows, `all` or `none`, or the status of a refusal) and the status
of view, create, update and delete. Where a cell has several statuses, the section says of what.
View, update and delete are of the first row: the visitor's account, what belongs to the owner,
the technician's job, the message for the technician.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.apps.access_world import TRIALS, World
from tests.apps.sets import HOOKS, MIGRATIONS
from tests.servers import (
    SUPERUSER_EMAIL,
    SUPERUSER_PASSWORD,
    run_command,
    start_pbpy,
    start_pocketbase,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.apps.access_world import Trial
    from tests.servers import Server

MATRIX = """
users
create: plain / is_admin / role; update: name / is_admin / role
  guest       none                  404  200/400/400          404/404/404              404
  visitor     visitor               200  200/400/400          200/404/404              204
  other       other                 404  200/400/400          404/404/404              404
  admin       admin                 404  200/400/400          404/404/404              404
  technician  all                   200  200/400/400          404/404/404              404
  colleague   all                   200  200/400/400          404/404/404              404
  dispatcher  all                   200  200/400/400          404/404/404              404
  manager     all                   200  200/400/400          404/404/404              404
  superuser   all                   200  200/200/200          200/200/200              204

user_meta
create: own / another's / premium / verified / file_path
update: nothing / premium / verified / active / file_path / user_id
  guest       none                  404  400/400/400/400/400  404/404/404/404/404/404  404
  owner       owner                 200  200/400/400/400/400  200/404/404/404/404/404  204
  other       other                 404  200/400/400/400/400  404/404/404/404/404/404  404
  admin       admin                 404  200/400/400/400/400  404/404/404/404/404/404  404
  manager     none                  404  200/400/400/400/400  404/404/404/404/404/404  404
  superuser   all                   200  200/200/200/200/200  200/200/200/200/200/200  204

api_keys
create: own / another's; update: a key / user_id
  guest       none                  404  400/400              404/404                  404
  owner       owner                 200  200/400              200/404                  204
  other       other                 404  200/400              404/404                  404
  admin       admin                 404  200/400              404/404                  404
  manager     none                  404  200/400              404/404                  404
  superuser   all                   200  200/200              200/200                  204

queue
create: own / another's; update: error_message / user_id
  guest       none                  404  400/400              404/404                  404
  owner       owner                 200  200/400              200/404                  404
  other       other                 404  200/400              404/404                  404
  admin       all                   200  200/200              200/200                  204
  manager     none                  404  200/400              404/404                  404
  superuser   all                   200  200/200              200/200                  204

logs
create: own / another's / nobody's
  guest       none                  404  400/400/400          404                      404
  owner       owner                 200  200/400/200          404                      404
  other       other                 404  200/400/200          404                      404
  admin       all                   200  200/200/200          200                      204
  manager     none                  404  200/400/200          404                      404
  superuser   all                   200  200/200/200          200                      204

contacts
  guest       none                  404  400                  404                      404
  visitor     none                  404  400                  404                      404
  admin       none                  404  400                  404                      404
  technician  all                   200  200                  200                      404
  colleague   all                   200  200                  200                      404
  dispatcher  all                   200  200                  200                      404
  manager     all                   200  200                  200                      204
  superuser   all                   200  200                  200                      204

jobs
  guest       none                  404  400                  404                      404
  visitor     none                  404  400                  404                      404
  admin       none                  404  400                  404                      404
  technician  all                   200  200                  200                      404
  colleague   all                   200  200                  404                      404
  dispatcher  all                   200  200                  200                      404
  manager     all                   200  200                  200                      204
  superuser   all                   200  200                  200                      204

equipment_photos
  guest       none                  404  400                  404                      404
  visitor     none                  404  400                  404                      404
  admin       none                  404  400                  404                      404
  technician  all                   200  200                  200                      404
  colleague   all                   200  200                  200                      404
  dispatcher  all                   200  200                  200                      204
  manager     all                   200  200                  200                      204
  superuser   all                   200  200                  200                      204

invoices
  guest       none                  404  400                  404                      404
  visitor     none                  404  400                  404                      404
  admin       none                  404  400                  404                      404
  technician  all                   200  200                  404                      404
  colleague   all                   200  200                  404                      404
  dispatcher  all                   200  200                  200                      404
  manager     all                   200  200                  200                      204
  superuser   all                   200  200                  200                      204

realtime_events
  guest       none                  404  400                  404                      404
  visitor     none                  404  400                  404                      404
  owner       none                  404  400                  404                      404
  admin       none                  404  400                  404                      404
  technician  technician+everybody  200  200                  200                      404
  colleague   everybody             404  200                  404                      404
  dispatcher  everybody             404  200                  404                      404
  manager     everybody             404  200                  404                      204
  superuser   all                   200  200                  200                      204

sync_outbox sync_state sync_conflicts
  guest       403                   403  403                  403                      403
  visitor     403                   403  403                  403                      403
  admin       403                   403  403                  403                      403
  technician  403                   403  403                  403                      403
  dispatcher  403                   403  403                  403                      403
  manager     403                   403  403                  403                      403
  superuser   all                   200  200                  200                      204

events rounds pilots event_pilots channels tracks races pilotChannels detections laps gamePoints
results client_kv
  guest       all                   200  403                  403                      403
  visitor     all                   200  403                  403                      403
  admin       all                   200  403                  403                      403

ingest_targets server_settings control_stats
  guest       403                   403  403                  403                      403
  visitor     403                   403  403                  403                      403
  admin       403                   403  403                  403                      403
  superuser   all                   200  -                    200                      204

processed_laps
  guest       all                   200  400                  400                      400
  visitor     all                   200  400                  400                      400
  superuser   all                   200  400                  400                      400
"""


class Line(NamedTuple):
    """What one role may do with one collection."""

    collection: str
    who: str
    listed: str
    view: str
    create: str
    update: str
    delete: str

    @property
    def trial(self) -> Trial:
        return TRIALS[self.collection]


def parse(matrix: str) -> Iterator[Line]:
    """Yield the lines of the table; lines with a colon explain."""
    for section in matrix.strip().split("\n\n"):
        collections: list[str] = []
        for line in section.splitlines():
            if line.startswith("  "):
                for collection in collections:
                    yield Line(collection, *line.split())
            elif ":" not in line:
                collections += line.split()


LINES = list(parse(MATRIX))


@pytest.fixture(scope="module", params=["pbpy", "pocketbase"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """All three sets in a directory that pbpy has migrated, served by pbpy or PocketBase."""
    folder = tmp_path_factory.mktemp(request.param)
    with start(request.param, folder) as server:
        world = World(server)
        yield world
        world.close()


def start(name: str, folder: Path) -> Server:
    place = ("--dir", str(folder / "pb_data"))
    run_command("pbpy", "migrate", "up", *place, "--migrationsDir", str(MIGRATIONS))
    run_command(name, "superuser", "upsert", SUPERUSER_EMAIL, SUPERUSER_PASSWORD, *place)
    if name == "pocketbase":
        return start_pocketbase(folder)
    return start_pbpy(
        folder, "--migrationsDir", str(MIGRATIONS), "--hooksDir", str(HOOKS), password_hash="bcrypt"
    )


def test_every_collection_of_the_sets_is_in_the_table() -> None:
    assert {line.collection for line in LINES} == set(TRIALS)


@pytest.mark.parametrize("line", LINES, ids=[f"{line.collection}-{line.who}" for line in LINES])
def test_everybody_may_do_what_the_table_says(world: World, line: Line) -> None:
    found = Line(
        line.collection,
        line.who,
        listed(world, line),
        viewed(world, line),
        created(world, line),
        updated(world, line),
        deleted(world, line),
    )
    assert found == line


def listed(world: World, line: Line) -> str:
    answer = world.send(line.who, "GET", line.collection, params={"perPage": 500})
    if answer.status_code != 200:
        return str(answer.status_code)
    ids = {item["id"] for item in answer.json()["items"]}
    rows = line.trial.rows
    names = [name for name in rows if world.row_id(line.collection, name) in ids]
    return "all" if names == list(rows) else "+".join(names) or "none"


def viewed(world: World, line: Line) -> str:
    row_id = first_id(world, line)
    return str(world.send(line.who, "GET", line.collection, record_id=row_id).status_code)


def created(world: World, line: Line) -> str:
    """Return the status of each way to create a row, on a table without one in its way."""
    if line.create == "-":
        return "-"
    return "/".join(create(world, line, body) for body in line.trial.creates(line.who))


def create(world: World, line: Line, body: dict[str, str]) -> str:
    trial = line.trial
    if trial.is_single:
        for name, row in trial.rows.items():
            if row["user_id"] == body["user_id"]:
                world.remove(line.collection, world.row_id(line.collection, name))
    answer = world.write(line.who, "POST", line.collection, body)
    if answer.status_code == 200:
        world.remove(line.collection, answer.json()["id"])
    else:
        assert answer.json()["data"] == {}, "refused by a rule, not for a value"
    if trial.is_single:
        for name in trial.rows:
            world.restore(line.collection, name)
    return str(answer.status_code)


def updated(world: World, line: Line) -> str:
    return "/".join(update(world, line, body) for body in line.trial.updates)


def update(world: World, line: Line, body: dict[str, str]) -> str:
    answer = world.write(line.who, "PATCH", line.collection, body, first_id(world, line))
    if answer.status_code == 200:
        world.restore(line.collection, next(iter(line.trial.rows)))
    return str(answer.status_code)


def deleted(world: World, line: Line) -> str:
    answer = world.send(line.who, "DELETE", line.collection, record_id=first_id(world, line))
    if answer.status_code == 204:
        world.restore(line.collection, next(iter(line.trial.rows)))
    return str(answer.status_code)


def first_id(world: World, line: Line) -> str:
    return world.row_id(line.collection, next(iter(line.trial.rows)))

"""Each set goes up and down, alone and with the others, and is what its document says."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

import pytest

from pbpy.files.upload import Upload
from pbpy.migrate.runner import apply_pending, forget_missing, revert
from pbpy.records.record import Record
from tests.apps.rows import PNG, contact, job, photo
from tests.apps.sets import (
    FILES,
    SETS,
    copy_sets,
    documented_collections,
    shown,
    timeless,
    users_fields,
    users_rules,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.api.conftest import Server
    from tests.apps.sets import Json

ANY_SETS = [names for count in (1, 2, 3) for names in combinations(SETS, count)]


def listed(server: Server) -> dict[str, Json]:
    """Return all collections of the API by name."""
    answer = server.send("GET", "/api/collections?perPage=500", headers=server.superuser())
    return {item["name"]: item for item in answer.json()["items"]}


def sorted_fields(collections: dict[str, Json]) -> dict[str, Json]:
    """Return collections with the fields of `users` in an order of their own.

    What a set adds stands behind what was there before.
    """
    users = collections["users"]
    fields = sorted(users["fields"], key=lambda field: str(field["name"]))
    return {**collections, "users": {**users, "fields": fields}}


def up(server: Server, folder: Path) -> None:
    server.run(apply_pending(server.app, folder))


def down(server: Server, folder: Path, names: Iterable[str]) -> None:
    files = [file for name in names for file in reversed(FILES[name])]
    assert server.run(revert(server.app, folder, files)) == files


def check_documented(server: Server, names: Iterable[str], before: dict[str, Json]) -> None:
    """Check that exactly the documented collections are there, besides those before."""
    found = listed(server)
    users = found.pop("users")
    wanted = documented_collections(names)
    assert {name: shown(found[name]) for name in set(found) - set(before)} == wanted
    assert {key: users[key] for key in users_rules(names)} == users_rules(names)
    known = {field["name"] for field in before["users"]["fields"]}
    added = [field for field in users["fields"] if field["name"] not in known]
    by_name = {field["name"]: field for field in users_fields(names)}
    assert {field["name"]: field for field in added} == by_name
    untouched = {name: item for name, item in found.items() if name in before}
    assert untouched == {name: item for name, item in before.items() if name != "users"}


def save_photo(server: Server) -> None:
    """Save a contact with a job and a photo."""

    async def save(name: str, values: Json) -> str:
        record = Record(server.app.get_collection(name), values)
        await server.app.save(record)
        return record.id

    contact_id = server.run(save("contacts", contact()))
    job_id = server.run(save("jobs", job(contact_id)))
    upload = Upload.from_bytes(PNG, "photo.png")
    server.run(save("equipment_photos", photo(job_id, contact_id, file=upload)))


@pytest.mark.parametrize("names", ANY_SETS, ids="+".join)
def test_up_gives_what_the_document_says_and_down_takes_it_back(
    empty: Server, tmp_path: Path, names: tuple[str, ...]
) -> None:
    before = listed(empty)
    folder = copy_sets(tmp_path / "migrations", names)
    up(empty, folder)
    check_documented(empty, names, before)
    after = timeless(listed(empty))
    down(empty, folder, reversed(names))
    assert timeless(listed(empty)) == timeless(before)
    up(empty, folder)
    assert timeless(listed(empty)) == after


@pytest.mark.parametrize("order", list(permutations(SETS)), ids="-".join)
def test_sets_go_down_and_up_in_any_order(
    empty: Server, tmp_path: Path, order: tuple[str, ...]
) -> None:
    before = listed(empty)
    folder = copy_sets(tmp_path / "migrations", SETS)
    up(empty, folder)
    complete = sorted_fields(timeless(listed(empty)))
    for index, name in enumerate(order):
        down(empty, folder, [name])
        check_documented(empty, [left for left in SETS if left in order[index + 1 :]], before)
    for index, name in enumerate(order):
        up(empty, copy_sets(tmp_path / f"only_{name}", [name]))
        check_documented(empty, [there for there in SETS if there in order[: index + 1]], before)
    assert sorted_fields(timeless(listed(empty))) == complete


@pytest.mark.parametrize("name", SETS)
def test_a_set_goes_up_after_the_others(empty: Server, tmp_path: Path, name: str) -> None:
    before = listed(empty)
    others = [other for other in SETS if other != name]
    up(empty, copy_sets(tmp_path / "others", others))
    folder = copy_sets(tmp_path / "all", SETS)
    up(empty, folder)
    check_documented(empty, SETS, before)
    down(empty, folder, [name])
    check_documented(empty, others, before)


def test_steps_go_down_one_by_one(empty: Server, tmp_path: Path) -> None:
    folder = copy_sets(tmp_path / "migrations", SETS)
    states = []
    for files in FILES.values():
        for file in files:
            states.append((file, timeless(listed(empty))))
            assert empty.run(apply_pending(empty.app, folder, 1)) == [file]
    for file, before in reversed(states):
        empty.run(revert(empty.app, folder, [file]))
        assert timeless(listed(empty)) == before


def test_down_skips_what_is_gone(empty: Server, tmp_path: Path) -> None:
    before = timeless(listed(empty))
    folder = copy_sets(tmp_path / "migrations", SETS)
    up(empty, folder)
    for name in ("processed_laps", "results", "control_stats", "logs", "invoices", "sync_state"):
        empty.run(empty.app.delete(empty.app.get_collection(name)))
    down(empty, folder, reversed(SETS))
    assert timeless(listed(empty)) == before


def test_records_and_files_go_with_their_collections(empty: Server, tmp_path: Path) -> None:
    folder = copy_sets(tmp_path / "migrations", SETS)
    up(empty, folder)
    save_photo(empty)
    storage = tmp_path / "empty" / "storage"
    assert [path for path in storage.rglob("*") if path.is_file()]
    down(empty, folder, reversed(SETS))
    assert [path for path in storage.rglob("*") if path.is_file()] == []
    up(empty, folder)
    assert empty.run(empty.app.count_records("equipment_photos")) == 0


def test_an_export_imported_elsewhere_makes_no_difference(
    server: Server, tmp_path: Path, empty: Server
) -> None:
    exported = listed(server)
    answer = empty.send(
        "PUT",
        "/api/collections/import",
        json={"collections": list(exported.values()), "deleteMissing": True},
        headers=empty.superuser(),
    )
    assert answer.status_code == 204, answer.text
    assert timeless(listed(empty)) == timeless(exported)
    answer = empty.send(
        "PUT",
        "/api/collections/import",
        json={"collections": list(listed(server).values()), "deleteMissing": True},
        headers=empty.superuser(),
    )
    assert answer.status_code == 204, answer.text
    assert timeless(listed(empty)) == timeless(exported)


def test_history_sync_forgets_a_missing_file_and_nothing_else(
    empty: Server, tmp_path: Path
) -> None:
    folder = copy_sets(tmp_path / "migrations", SETS)
    up(empty, folder)
    collections = listed(empty)
    rows = empty.run(empty.app.query("SELECT * FROM _migrations ORDER BY file"))
    gone = "1700000002_scheduler_and_state.py"
    (folder / gone).unlink()
    assert empty.run(forget_missing(empty.app, folder)) == [gone]
    assert listed(empty) == collections
    left = empty.run(empty.app.query("SELECT * FROM _migrations ORDER BY file"))
    assert left == [row for row in rows if row["file"] != gone]
    assert empty.run(forget_missing(empty.app, folder)) == []


def test_a_second_start_applies_nothing(server: Server, tmp_path: Path) -> None:
    collections = listed(server)
    folder = copy_sets(tmp_path / "again", SETS)
    assert server.run(apply_pending(server.app, folder)) == []
    assert listed(server) == collections

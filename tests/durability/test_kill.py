"""kill -9 during a write load: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from tests.differential.pair import start_twin
from tests.durability.clients import Client
from tests.durability.load import (
    CHILDREN,
    CHILDREN_PER_PARENT,
    ITEMS,
    PARENTS,
    Item,
    Ledger,
    Writer,
    create_collections,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Server

CYCLES = 5
WRITERS = 6
LOAD_LIMIT_S = 60.0
SWEEP_LIMIT_S = 5.0
POLL_S = 0.02


@dataclass(eq=False)
class Aftermath:
    """What was found wrong after the restarts, and how much was written."""

    acknowledged: int = 0
    files: int = 0
    wrong_items: list[str] = field(default_factory=list)
    wrong_files: list[str] = field(default_factory=list)
    wrong_families: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """Run the load and kill the server, CYCLES times on one data directory."""
    folder = tmp_path_factory.mktemp("kill")
    found, kills = Aftermath(), random.Random(1)
    with start_twin(folder) as server:
        create_collections(server)
    for cycle in range(CYCLES):
        ledger = Ledger()
        run_load_until_killed(folder, ledger, cycle, kills.randint(100, 500))
        with start_twin(folder) as server:
            inspect(server, ledger, cycle, found)
    return found


def run_load_until_killed(folder: Path, ledger: Ledger, cycle: int, count: int) -> None:
    server = start_twin(folder)
    try:
        writers = [Writer(server, ledger, f"c{cycle}w{number}") for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        in_time = ledger.wait_for(count, LOAD_LIMIT_S)
    finally:
        server.kill()
    for writer in writers:
        writer.join(LOAD_LIMIT_S)
    assert in_time, (ledger.acknowledged, ledger.refused, server.output)


def inspect(server: Server, ledger: Ledger, cycle: int, found: Aftermath) -> None:
    found.acknowledged += ledger.acknowledged
    found.refused += ledger.refused
    with Client(server) as client:
        inspect_rows(client, ledger, cycle, found)
        found.damage += database_damage(server)
        found.orphans += orphans(server, client)


def inspect_rows(client: Client, ledger: Ledger, cycle: int, found: Aftermath) -> None:
    records = {record["id"]: record for record in client.records(ITEMS)}
    mine = {key: value for key, value in records.items() if key.startswith(f"c{cycle}w")}
    for record_id in mine.keys() | ledger.items.keys() | ledger.uncertain_items.keys():
        inspect_item(record_id, mine.get(record_id), ledger, found)
    for record in mine.values():
        if record["file"]:
            found.files += 1
            inspect_file(client, record, found)
    inspect_families(client, ledger, found)


def inspect_item(
    record_id: str, record: dict[str, Any] | None, ledger: Ledger, found: Aftermath
) -> None:
    allowed = ledger.uncertain_items.get(record_id) or {ledger.items.get(record_id)}
    if record is None:
        if None not in allowed:
            found.wrong_items.append(f"{record_id} is lost")
        return
    if not any(item is not None and same(item, record) for item in allowed):
        found.wrong_items.append(f"{record} is none of {allowed}")


def same(item: Item, record: dict[str, Any]) -> bool:
    return item.values.items() <= record.items() and item.file_name in ("", record["file"])


def inspect_file(client: Client, record: dict[str, Any], found: Aftermath) -> None:
    status, content = client.ask("GET", f"/api/files/{ITEMS}/{record['id']}/{record['file']}")
    if (status, content) != (200, Item(record["id"]).content):
        found.wrong_files.append(f"{record['id']}: {status}, {len(content)} bytes")


def inspect_families(client: Client, ledger: Ledger, found: Aftermath) -> None:
    parents = {record["id"] for record in client.records(PARENTS)}
    children: dict[str, int] = {}
    for child in client.records(CHILDREN):
        children[child["parent"]] = children.get(child["parent"], 0) + 1
    for parent_id in children.keys() - parents:
        found.wrong_families.append(f"{parent_id}: children without their parent")
    for parent_id, is_alive in ledger.families.items():
        count, uncertain = children.get(parent_id, 0), parent_id in ledger.uncertain_families
        whole = parent_id in parents and count == CHILDREN_PER_PARENT
        gone = parent_id not in parents and count == 0
        if not (whole or gone) or (not uncertain and whole != is_alive):
            found.wrong_families.append(f"{parent_id}: {count} children, alive {is_alive}")


def database_damage(server: Server) -> list[str]:
    damage = []
    for name in ("data.db", "auxiliary.db"):
        path = str(server.data_dir / name)
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        try:
            for pragma in ("integrity_check", "foreign_key_check"):
                rows = connection.execute(f"pragma {pragma}").fetchall()
                damage += [f"{name}: {row}" for row in rows if row != ("ok",)]
        finally:
            connection.close()
    return damage


def orphans(server: Server, client: Client) -> list[str]:
    """Return the stored files which no record names; waits for the sweep after the start."""
    collection_id = client.get(f"/api/collections/{ITEMS}")["id"]
    root = server.data_dir / "storage" / collection_id
    named = {f"{record['id']}/{record['file']}" for record in client.records(ITEMS)}
    deadline = time.monotonic() + SWEEP_LIMIT_S
    while left := stored_files(root) - named:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_S)
    return sorted(left)


def stored_files(root: Path) -> set[str]:
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {str(path).removesuffix(".attrs") for path in paths}


def test_load_was_worth_it(aftermath: Aftermath) -> None:
    assert aftermath.refused == []
    assert aftermath.acknowledged >= CYCLES * 100
    assert aftermath.files > 0


def test_acknowledged_records_are_there_and_no_record_is_half_there(aftermath: Aftermath) -> None:
    assert aftermath.wrong_items == []


def test_records_have_their_files(aftermath: Aftermath) -> None:
    assert aftermath.wrong_files == []


def test_cascades_are_all_or_nothing(aftermath: Aftermath) -> None:
    assert aftermath.wrong_families == []


def test_databases_are_intact(aftermath: Aftermath) -> None:
    assert aftermath.damage == []


def test_no_file_is_left_without_a_record(aftermath: Aftermath) -> None:
    assert aftermath.orphans == []

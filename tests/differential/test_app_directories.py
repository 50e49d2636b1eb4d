"""Directories with the application sets, migrated by pbpy, open in PocketBase."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import httpx
import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server
from tests.apps.sets import FILES, MIGRATIONS, SETS, copy_sets, timeless
from tests.servers import (
    SUPERUSER_EMAIL,
    SUPERUSER_PASSWORD,
    run_command,
    start_pocketbase,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.sets import Json

LIST = "/api/collections?perPage=500"


def migrate(folder: Path, migrations: Path, *args: str) -> None:
    place = ("--dir", str(folder / "pb_data"), "--migrationsDir", str(migrations))
    run_command("pbpy", "migrate", *args, *place)


def ours(folder: Path) -> str:
    """Return pbpy's list of the collections of a directory."""
    app = App(Config(data_dir=folder / "pb_data", password_hash="bcrypt"))
    with open_server(app) as server:
        return server.send("GET", LIST, headers=server.superuser()).text


def theirs(folder: Path) -> str:
    """Return PocketBase's list of the collections of a copy of a directory."""
    copy = folder / "copy"
    shutil.copytree(folder / "pb_data", copy / "pb_data")
    place = ("--dir", str(copy / "pb_data"))
    run_command("pocketbase", "superuser", "upsert", SUPERUSER_EMAIL, SUPERUSER_PASSWORD, *place)
    with start_pocketbase(copy) as server:
        connection = server.connect()
        connection.request("GET", LIST, headers={"Authorization": server.superuser_token})
        text = connection.getresponse().read().decode()
        connection.close()
    shutil.rmtree(copy)
    return text


def test_after_each_migration_up_and_after_all_down(tmp_path: Path) -> None:
    for files in FILES.values():
        for file in files:
            migrate(tmp_path, MIGRATIONS, "up", "1")
            assert theirs(tmp_path) == ours(tmp_path), file
    assert len(json.loads(ours(tmp_path))["items"]) == 35
    migrate(tmp_path, MIGRATIONS, "down", "-1", "--yes")
    assert theirs(tmp_path) == ours(tmp_path)


@pytest.mark.parametrize("name", SETS)
def test_one_set_alone(tmp_path: Path, name: str) -> None:
    migrate(tmp_path, copy_sets(tmp_path / "migrations", [name]), "up")
    assert theirs(tmp_path) == ours(tmp_path)


def test_an_export_imported_into_pocketbase_makes_no_difference(tmp_path: Path) -> None:
    migrate(tmp_path, MIGRATIONS, "up")
    exported = json.loads(ours(tmp_path))["items"]
    (tmp_path / "other").mkdir()
    with start_pocketbase(tmp_path / "other") as server:
        headers = {"Authorization": server.superuser_token}
        with httpx.Client(base_url=server.base_url, headers=headers) as client:
            body = {"collections": exported, "deleteMissing": True}
            client.put("/api/collections/import", json=body).raise_for_status()
            imported = client.get(LIST).json()["items"]
    assert timeless(by_name(imported)) == timeless(by_name(exported))


def by_name(collections: list[Json]) -> dict[str, Json]:
    return {item["name"]: item for item in collections}

"""A data directory that several workers have served is PocketBase's as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.durability.clients import Client
from tests.servers import PasswordHash, start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "_pbpy_events"
RECORDS = "/api/collections/posts/records"


def test_pocketbase_serves_it_and_pbpy_goes_on(tmp_path: Path) -> None:
    fields = [{"type": "text", "name": "title"}]
    hashing: PasswordHash = "bcrypt"
    with (
        start_pbpy(tmp_path, "--workers", "2", password_hash=hashing) as server,
        Client(server) as client,
    ):
        client.do("POST", "/api/collections", {"name": "posts", "fields": fields})
        client.do("POST", RECORDS, {"title": "pbpy"})
        answer = client.ask("POST", "/api/collections", {"name": TABLE, "fields": fields})
        server.kill()  # which leaves the table; a clean end removes it
    with start_pocketbase(tmp_path) as server, Client(server) as client:
        client.do("POST", RECORDS, {"title": "PocketBase"})
        again = client.ask("POST", "/api/collections", {"name": TABLE, "fields": fields})
        assert (answer.status, answer.json) == (again.status, again.json)
        more = [*fields, {"type": "number", "name": "n"}]
        client.do("PATCH", "/api/collections/posts", {"fields": more})
    with (
        start_pbpy(tmp_path, "--workers", "2", password_hash=hashing) as server,
        Client(server) as client,
    ):
        client.do("POST", RECORDS, {"title": "again", "n": 1})
        found = [(each["title"], each["n"]) for each in client.records("posts")]
    assert found == [("pbpy", 0), ("PocketBase", 0), ("again", 1)]

"""Many clients at once: counters are exact, no dangling children, schema changes beside writes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.durability.clients import Client, Reply, together
from tests.servers import Server, start_pbpy

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 16
ROUNDS = 20
RECORD = "aaaaaaaaaaaaaa1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_pbpy(tmp_path_factory.mktemp("concurrency")) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server) as client:
        yield client


def path(collection: str, record_id: str = "") -> str:
    return f"/api/collections/{collection}/records" + (f"/{record_id}" if record_id else "")


def create(client: Client, name: str, *fields: dict[str, Any], **options: Any) -> None:
    body = {"name": name, "id": f"{name}_id", "fields": list(fields), **options}
    client.do("POST", "/api/collections", body)


def test_concurrent_increments_add_up(server: Server, client: Client) -> None:
    create(client, "counters", {"type": "number", "name": "n"})
    client.do("POST", path("counters"), {"id": RECORD})

    def add(worker: Client, number: int) -> None:
        for _ in range(ROUNDS):
            worker.do("PATCH", path("counters", RECORD), {"n+": 3})
            worker.do("PATCH", path("counters", RECORD), {"n-": 1})

    together(server, CLIENTS, add)
    assert client.get(path("counters", RECORD))["n"] == CLIENTS * ROUNDS * 2


def test_concurrent_appends_keep_every_value(server: Server, client: Client) -> None:
    values = [f"v{number}" for number in range(CLIENTS)]
    create(
        client,
        "lists",
        {"type": "select", "name": "s", "values": values, "maxSelect": CLIENTS},
    )
    client.do("POST", path("lists"), {"id": RECORD})

    def append(worker: Client, number: int) -> None:
        worker.do("PATCH", path("lists", RECORD), {"s+": values[number]})

    together(server, CLIENTS, append)
    assert sorted(client.get(path("lists", RECORD))["s"]) == sorted(values)


def test_a_unique_value_is_created_once(server: Server, client: Client) -> None:
    index = "create unique index only_once on uniques (t)"
    create(client, "uniques", {"type": "text", "name": "t"}, indexes=[index])

    def insert(worker: Client, number: int) -> list[Reply]:
        return [worker.ask("POST", path("uniques"), {"t": f"v{turn}"}) for turn in range(ROUNDS)]

    replies = [reply for batch in together(server, CLIENTS, insert) for reply in batch]
    refused = [reply.json for reply in replies if reply.status != 200]
    assert len(replies) - len(refused) == ROUNDS
    assert {answer["data"]["t"]["code"] for answer in refused} == {"validation_not_unique"}
    assert len(client.records("uniques")) == ROUNDS


def test_no_child_outlives_its_parent(server: Server, client: Client) -> None:
    create(client, "parents")
    link = {"type": "relation", "name": "p", "collectionId": "parents_id", "cascadeDelete": True}
    create(client, "children", link)
    parents = [f"parent{number:09d}" for number in range(ROUNDS)]
    for parent in parents:
        client.do("POST", path("parents"), {"id": parent})

    def work(worker: Client, number: int) -> set[int]:
        if number == 0:
            return {worker.ask("DELETE", path("parents", parent)).status for parent in parents}
        return {worker.ask("POST", path("children"), {"p": parent}).status for parent in parents}

    statuses = together(server, CLIENTS, work)
    assert statuses[0] == {204}
    assert set().union(*statuses[1:]) <= {200, 400}
    assert client.records("parents") == []
    assert client.records("children") == []


def test_valid_writes_pass_while_the_schema_changes(server: Server, client: Client) -> None:
    create(client, "shifting", {"type": "text", "name": "t", "id": "t1"})
    is_over = threading.Event()
    fields = [{"type": "text", "name": "t", "id": "t1"}]

    def work(worker: Client, number: int) -> list[Reply]:
        if number == 0:
            try:
                for turn in range(ROUNDS):
                    extra = [{"type": "number", "name": f"n{turn}"}] if turn % 2 else []
                    body = {"fields": fields + extra}
                    worker.do("PATCH", "/api/collections/shifting", body)
            finally:
                is_over.set()
            return []
        replies = []
        while not is_over.is_set():
            reply = worker.ask("POST", path("shifting"), {"t": "x"})
            replies += [reply, worker.ask("GET", path("shifting", reply.json.get("id", "refused")))]
            replies += [worker.ask("GET", path("shifting") + "?filter=t='x'&perPage=1")]
        return replies

    replies = [reply for batch in together(server, CLIENTS // 2, work) for reply in batch]
    assert [reply for reply in replies if reply.status != 200] == []
    assert len(replies) > ROUNDS


def test_one_record_id_is_given_once(server: Server, client: Client) -> None:
    create(client, "same_ids", {"type": "file", "name": "f"})

    def insert(worker: Client, number: int) -> int:
        return worker.ask("POST", path("same_ids"), {"id": RECORD}).status

    statuses = together(server, CLIENTS, insert)
    assert sorted(statuses) == [200] + [400] * (CLIENTS - 1)

"""Stopping under load, and two server processes on one data directory."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.durability.clients import Client, Reply, together
from tests.durability.load import Ledger, Writer, create_collections
from tests.servers import Server, ServerKind, start_pbpy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIENTS = 8
REQUESTS_BEFORE_STOP = 100
LIMIT_S = 20.0
SEEN_LIMIT_S = 3.0
POLL_S = 0.02
RECORD = "aaaaaaaaaaaaaa1"


def test_stop_under_load_finishes_what_was_accepted(tmp_path: Path) -> None:
    ledger = Ledger()
    server = start_pbpy(tmp_path)
    create_collections(server)
    writers = [Writer(server, ledger, f"w{number:03d}") for number in range(CLIENTS)]
    for writer in writers:
        writer.start()
    assert ledger.wait_for(REQUESTS_BEFORE_STOP, LIMIT_S), (ledger.refused, server.output)
    assert server.stop() == 0
    for writer in writers:
        writer.join(LIMIT_S)
    allowed = [reason for reason in ledger.refused if ": 503 " not in reason]
    assert allowed == []
    with start_pbpy(tmp_path) as again, Client(again) as client:
        found = {record["id"]: record["n"] for record in client.records("items")}
    assert {key: item.version for key, item in ledger.items.items()}.items() <= found.items()


@pytest.mark.parametrize("kind", ["hypercorn", "uvicorn"])
def test_clean_stop_leaves_only_the_databases(tmp_path: Path, kind: ServerKind) -> None:
    with start_pbpy(tmp_path, server=kind) as server:
        create_collections(server)
        assert server.stop() == 0
        assert list(server.data_dir.glob("*.db-*")) == []


def test_collections_of_another_process_are_seen(tmp_path: Path) -> None:
    path = "/api/collections/late/records"
    with (
        start_pbpy(tmp_path) as one,
        start_pbpy(tmp_path) as other,
        Client(one) as first,
        Client(other) as second,
    ):
        first.do("POST", "/api/collections", {"name": "late", "fields": []})
        wait_until(lambda: second.ask("GET", path).status == 200)
        fields = [{"type": "number", "name": "n"}]
        second.do("PATCH", "/api/collections/late", {"fields": fields})
        wait_until(lambda: "n" in first.do("POST", path, {"n": 1}))
        first.do("DELETE", "/api/collections/late")
        wait_until(lambda: second.ask("GET", path).status == 404)


def test_two_processes_write_one_counter(tmp_path: Path) -> None:
    path = "/api/collections/counters/records"
    with start_pbpy(tmp_path) as one:
        with Client(one) as client:
            fields = [{"type": "number", "name": "n"}]
            client.do("POST", "/api/collections", {"name": "counters", "fields": fields})
            client.do("POST", path, {"id": RECORD})
        with start_pbpy(tmp_path) as other:
            replies = add_on_both(one, other, f"{path}/{RECORD}")
        assert {reply.status for reply in replies} == {200}
        with Client(one) as client:
            assert client.get(f"{path}/{RECORD}")["n"] == len(replies)


def add_on_both(one: Server, other: Server, path: str) -> list[Reply]:
    replies: list[Reply] = []

    def add(client: Client, number: int) -> None:
        replies.extend(client.ask("PATCH", path, {"n+": 1}) for _ in range(20))

    threads = [
        threading.Thread(target=together, args=(server, CLIENTS, add)) for server in (one, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    return replies


def test_a_slow_query_does_not_delay_others(tmp_path: Path) -> None:
    with start_pbpy(tmp_path, "--workers", "1") as server, Client(server) as client:
        client.do("POST", "/api/collections", {"name": "slow", "type": "view", "viewQuery": SLOW})
        thread = threading.Thread(target=ask_slowly, args=(server,))
        began = time.perf_counter()
        thread.start()
        times: list[float] = []
        while thread.is_alive() and len(times) < 1000:
            started = time.perf_counter()
            client.get("/api/health")
            times.append(time.perf_counter() - started)
        thread.join(LIMIT_S)
        took = time.perf_counter() - began
    assert len(times) > 100
    assert sorted(times)[int(len(times) * 0.99)] < took / 10


def test_a_view_that_never_ends_holds_up_no_writer(tmp_path: Path) -> None:
    with start_pbpy(tmp_path, "--queryTimeout", "2") as server, Client(server) as client:
        client.do("POST", "/api/collections", {"name": "posts", "createRule": ""})
        answers: list[int] = []

        def create_view() -> None:
            with Client(server) as other:
                body = {"name": "endless", "type": "view", "viewQuery": ENDLESS}
                answers.append(other.ask("POST", "/api/collections", body)[0])

        thread = threading.Thread(target=create_view)
        thread.start()
        times: list[float] = []
        while thread.is_alive() and len(times) < 1000:
            started = time.perf_counter()
            client.do("POST", "/api/collections/posts/records", {})
            times.append(time.perf_counter() - started)
        thread.join(LIMIT_S)
    assert answers == [400]
    assert max(times) < 1


ENDLESS = (
    "with recursive c(x) as (select 1 union all select x + 1 from c) "
    "select x as id from c order by x"
)
SLOW = (
    "with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000000)"
    " select 'only' as id, max(x) as top from c"
)


def ask_slowly(server: Server) -> None:
    connection = server.connect(timeout_s=LIMIT_S)
    try:
        headers = {"Authorization": server.superuser_token}
        connection.request("GET", "/api/collections/slow/records", headers=headers)
        assert connection.getresponse().read() != b""
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(error) from error
    finally:
        connection.close()


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SEEN_LIMIT_S
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(POLL_S)

"""Batches inside one process: what is undone, when others hear of it, hooks, what differs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pbpy.api.asgi import create_asgi
from pbpy.app import App
from pbpy.errors import BadRequest
from pbpy.fields.file import File
from pbpy.fields.number import Number
from pbpy.fields.text import Text
from pbpy.schema.collection import Collection
from pbpy.store.sql import Sql
from tests.api.conftest import open_server
from tests.realtime.listening import actions, drain, listen
from tests.records.blog import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pbpy.hooks.batch_events import BatchRequestEvent
    from pbpy.hooks.events import RecordEvent, RecordRequestEvent
    from tests.api.conftest import Server

BATCH = "/api/batch"
POSTS = "/api/collections/posts/records"
ONE, TWO = "a" * 15, "b" * 15
GENERIC = "Something went wrong while processing your request."
LIMITS = {"enabled": True, "maxRequests": 1000, "timeout": 20}


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    application: App = make_app()
    return application


@pytest.fixture
def server(app: App) -> Iterator[Server]:
    """A server with open posts, which allows batches."""
    with open_server(app) as opened:
        fields = (Text("title", max=10), Number("n"), File("docs", max_select=5))
        opened.run(app.save(Collection.new_base("posts", **OPEN, fields=fields)))
        allow(opened)
        yield opened


def allow(server: Server, **limits: Any) -> None:
    """Allow batches."""
    body = {"batch": LIMITS | limits}
    answer = server.send("PATCH", "/api/settings", json=body, headers=server.superuser())
    assert answer.status_code == 200


def item(method: str, url: str, /, **body: Any) -> dict[str, Any]:
    return {"method": method, "url": url, "body": body}


def create(**body: Any) -> dict[str, Any]:
    return item("POST", POSTS, **body)


def send(server: Server, *items: Any, **options: Any) -> httpx.Response:
    """Send items as JSON."""
    return server.send("POST", BATCH, json={"requests": items}, **options)


def send_files(server: Server, files: dict[str, str], *items: Any) -> httpx.Response:
    """Send items as a form with files: key -> content, which is the name too."""
    parts = [(key, (f"{text}.txt", text.encode())) for key, text in files.items()]
    payload = json.dumps({"requests": items})
    return server.send("POST", BATCH, data={"@jsonPayload": payload}, files=parts)


def inner(answer: httpx.Response, index: int = 0) -> dict[str, Any]:
    """Return what became of the only item that has failed."""
    assert answer.status_code == 400
    body = answer.json()
    assert (body["message"], body["status"]) == ("Batch transaction failed.", 400)
    [(key, failed)] = body["data"]["requests"].items()
    assert (key, failed["code"]) == (str(index), "batch_request_failed")
    response: dict[str, Any] = failed["response"]
    return response


def titles(server: Server) -> list[str]:
    page = server.send("GET", f"{POSTS}?sort=title&perPage=1000").json()
    return [record["title"] for record in page["items"]]


def stored_files(server: Server) -> list[str]:
    """Return the contents of all stored files."""
    folder = server.app.config.data_dir / "storage"
    return sorted(
        path.read_text() for path in folder.rglob("*") if path.is_file() and path.suffix == ".txt"
    )


# what differs from PocketBase


def test_null_item_is_an_empty_one(server: Server) -> None:
    answer = send(server, None)
    assert answer.status_code == 400
    errors = answer.json()["data"]["requests"]["0"]
    assert {name: error["code"] for name, error in errors.items()} == {
        "method": "validation_required",
        "url": "validation_required",
    }
    assert send_files(server, {"requests.0.docs": "x"}, None).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        item("GET", POSTS),
        item("POST", "/api/health"),
        item("POST", f"{POSTS}?fields=title:nope(1)"),
    ],
    ids=lambda wrong: wrong["url"],
)
def test_clients_mistake_is_400_at_any_place(server: Server, wrong: dict[str, Any]) -> None:
    expected = {"data": {}, "message": GENERIC, "status": 400}
    assert inner(send(server, wrong)) == expected
    assert inner(send(server, create(), wrong), 1) == expected
    assert titles(server) == []


def test_bad_fields_are_refused_before_anything_is_written(server: Server) -> None:
    answer = send(server, create(title="x"), params={"fields": "body.title:nope(1)"})
    assert (answer.status_code, answer.json()["message"]) == (400, GENERIC)
    assert titles(server) == []


def test_full_disk_is_not_the_items_mistake(server: Server) -> None:
    async def limit_pages(limit: object) -> None:
        async with server.app.transaction() as bound:
            await bound.tx.all(Sql(f"PRAGMA max_page_count = {limit}"))

    pages = server.run(server.app.db.value(Sql("PRAGMA page_count")))
    server.run(limit_pages(pages))
    long = "x" * 10
    answer = send(server, *[create(title=long)] * 900)
    assert (answer.status_code, answer.json()) == (
        507,
        {"data": {}, "message": GENERIC, "status": 507},
    )
    server.run(limit_pages(2**30))
    assert titles(server) == []
    assert send(server, create(title="x")).status_code == 200


# all or nothing


def test_failure_leaves_no_row_and_no_file(server: Server) -> None:
    made = send_files(
        server, {"requests.0.docs": "kept"}, create(id=ONE, title="one"), create(title="two")
    )
    [kept] = made.json()[0]["body"]["docs"]
    failed = send_files(
        server,
        {"requests.0.docs": "new", "requests.1.docs+": "more"},
        create(title="new"),
        item("PATCH", f"{POSTS}/{ONE}", **{"title": "changed", "docs-": kept}),
        item("DELETE", f"{POSTS}/{ONE}"),
        create(title="longer than 10"),
    )
    assert inner(failed, 3)["data"]["title"]["code"] == "validation_max_text_constraint"
    assert titles(server) == ["one", "two"]
    assert stored_files(server) == ["kept"]
    done = send_files(
        server, {"requests.0.docs": "new"}, item("PUT", POSTS, id=ONE, title="one", docs=[])
    )
    assert len(done.json()[0]["body"]["docs"]) == 1
    assert stored_files(server) == ["new"]


def test_clients_at_the_same_time_see_all_of_a_batch_or_nothing(server: Server) -> None:
    made = send(server, create(id=ONE), create(id=TWO))
    assert made.status_code == 200
    step = [item("PATCH", f"{POSTS}/{record}", **{"n+": 1}) for record in (ONE, TWO)] * 5
    wrong = create(title="longer than 10")

    async def write(batch: list[dict[str, Any]]) -> int:
        answer = await server._client.post(BATCH, json={"requests": batch})
        return answer.status_code

    async def read() -> None:
        answer = await server._client.get(f"{POSTS}?sort=id")
        first, second = (record["n"] for record in answer.json()["items"])
        assert first == second
        assert first % 5 == 0

    async def all_at_once() -> list[int]:
        async with asyncio.TaskGroup() as group:
            writes = [group.create_task(write([*step, wrong][: 10 + i % 2])) for i in range(20)]
            for _ in range(20):
                group.create_task(read())
        return [task.result() for task in writes]

    assert server.run(all_at_once()) == [200, 400] * 10
    assert server.send("GET", f"{POSTS}/{TWO}").json()["n"] == 50


def test_others_are_served_during_a_large_batch(server: Server) -> None:
    ended: list[str] = []

    async def ask(name: str, method: str, path: str, body: Any = None) -> None:
        answer = await server._client.request(method, path, json=body)
        assert answer.status_code == 200
        ended.append(name)

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            batch = {"requests": [create(title="x")] * 1000}
            group.create_task(ask("batch", "POST", BATCH, batch))
            group.create_task(ask("health", "GET", "/api/health"))

    server.run(both())
    assert ended == ["health", "batch"]


def test_time_limit_ends_a_batch(app: App, server: Server) -> None:
    allow(server, timeout=1)
    waited: list[bool] = []

    @app.on_record_create
    async def wait(event: RecordEvent) -> None:
        if event.record.get("title") == "slow":
            try:
                await asyncio.Event().wait()
            finally:
                waited.append(event.app.in_transaction)
        await event.next()

    answer = send(server, create(title="first"), create(title="slow"), create(title="last"))
    assert (answer.status_code, answer.json()) == (
        400,
        {"data": {}, "message": "Batch transaction failed.", "status": 400},
    )
    assert waited == [True]
    assert titles(server) == []
    assert send(server, create(title="next")).status_code == 200


def test_accepted_batch_is_finished_while_the_server_stops(app: App, server: Server) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    @app.on_record_create
    async def wait(event: RecordEvent) -> None:
        begun.set()
        await stopped.wait()
        await event.next()

    async def stop_meanwhile() -> int:
        edge = create_asgi(app)
        transport = httpx.ASGITransport(edge)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            body = {"requests": [create(title="x")]}
            batch = asyncio.create_task(client.post(BATCH, json=body))
            await begun.wait()
            edge.stop()
            refused = await client.get("/api/health")
            assert refused.status_code == 503
            stopped.set()
            answer = await batch
            return answer.status_code

    assert server.run(stop_meanwhile()) == 200
    assert server.run(app.count_records("posts")) == 1


def test_batch_runs_again_when_the_tables_have_changed(app: App, server: Server) -> None:
    async def drop_field() -> None:
        async with App(app.config) as other:  # which tells this process nothing
            await other.save(other.catalog.get("posts").without_fields("n"))

    server.run(drop_field())
    answer = send(server, create(id=ONE, title="x"), item("PUT", POSTS, id=ONE, n=1))
    assert [one["status"] for one in answer.json()] == [200, 200]
    assert "n" not in answer.json()[0]["body"]
    assert titles(server) == ["x"]


# who hears of it


def test_changes_are_heard_after_the_commit_in_their_order(app: App, server: Server) -> None:
    client = listen(app, "posts/*")

    @app.on_record_create_execute
    async def look(event: RecordEvent) -> None:
        await event.next()
        assert not client.queue

    send(server, create(id=ONE), create(id=TWO))
    assert actions(client) == [("create", ONE), ("create", TWO)]
    send(
        server,
        item("DELETE", f"{POSTS}/{TWO}"),
        item("PATCH", f"{POSTS}/{ONE}", n=1),
        item("PUT", POSTS, id=TWO, n=2),
        item("PUT", POSTS, id=TWO, n=3),
    )
    heard = drain(client)
    assert {
        record: [(one.action, one.record["n"]) for one in heard if one.record["id"] == record]
        for record in (ONE, TWO)
    } == {ONE: [("update", 1)], TWO: [("delete", 0), ("create", 2), ("update", 3)]}


def test_nothing_is_heard_of_a_failed_batch(app: App, server: Server) -> None:
    send(server, create(id=ONE))
    client = listen(app, "posts/*")
    told: list[str] = []

    @app.on_record_after_create_success
    def succeed(event: RecordEvent) -> None:
        told.append(f"success {event.record.get('title')}")

    @app.on_record_after_create_error
    def fail(event: RecordEvent) -> None:
        told.append(f"error {event.record.get('title')}")

    wrong = create(title="longer than 10")
    items = (create(title="x"), item("DELETE", f"{POSTS}/{ONE}"), wrong)
    assert inner(send(server, *items), 2)["status"] == 400
    assert actions(client) == []
    assert told == ["error longer than 10", "error x"]
    assert send(server, create(title="y")).status_code == 200
    assert [action for action, _ in actions(client)] == ["create"]
    assert told[2:] == ["success y"]


# hooks


def test_hooks_of_items_run_in_the_transaction(app: App, server: Server) -> None:
    seen: list[tuple[Any, ...]] = []

    @app.on_record_create_request
    async def before(event: RecordRequestEvent) -> None:
        info = event.info
        seen.append((info.context, info.method, dict(info.query), info.headers["x_a"]))
        await event.next()
        if event.record.get("title") == "late":
            raise BadRequest("late")

    @app.on_record_after_create_success
    async def after(event: RecordEvent) -> None:
        assert not event.app.in_transaction
        other = await event.app.find_record("posts", ONE)
        seen.append((event.record.get("title"), other is not None))
        await event.next()

    changed = create(title="one") | {"headers": {"X-A": "inner"}}
    url = f"{POSTS}?expand=x"
    answer = send(server, changed, item("PUT", url, id=ONE, title="two"), headers={"X-A": "outer"})
    assert answer.status_code == 200
    assert seen == [
        ("batch", "POST", {}, "inner"),
        ("batch", "POST", {"expand": "x"}, "outer"),
        ("one", True),
        ("two", True),
    ]
    failed = send(server, create(title="x"), create(title="late"), headers={"X-A": ""})
    assert inner(failed, 1) == {"data": {}, "message": "Late.", "status": 400}
    assert titles(server) == ["one", "two"]


def test_request_hook_of_an_item_may_answer_or_stop(app: App, server: Server) -> None:
    @app.on_record_create_request
    async def answer(event: RecordRequestEvent) -> None:
        if event.record.get("title") == "own":
            event.response = {"own": True}

    assert send(server, create(title="own"), create()).json() == [
        {"body": {"own": True}, "status": 200},
        {"body": None, "status": 200},
    ]


def test_batch_hook_may_change_the_items(app: App, server: Server) -> None:
    @app.on_batch_request
    async def change(event: BatchRequestEvent) -> None:
        assert [item.method for item in event.batch] == ["POST", "POST"]
        event.batch[0].body["title"] = "changed"
        event.batch[0].method = "post"
        del event.batch[1]
        await event.next()

    assert [one["status"] for one in send(server, create(), create()).json()] == [200]
    assert titles(server) == ["changed"]


@pytest.mark.parametrize(
    ("response", "status", "body"), [(None, 200, b""), ({"a": 1}, 200, b'{"a":1}')]
)
def test_batch_hook_may_answer_or_stop(
    app: App, server: Server, response: Any, status: int, body: bytes
) -> None:
    @app.on_batch_request
    async def answer(event: BatchRequestEvent) -> None:
        event.response = response

    got = send(server, create())
    assert (got.status_code, got.content) == (status, body)
    assert titles(server) == []


def test_batch_hook_may_put_more_into_the_transaction(app: App, server: Server) -> None:
    @app.on_batch_request
    async def surround(event: BatchRequestEvent) -> None:
        async with event.in_transaction():
            await event.next()
            if len(event.batch) > 1:
                raise BadRequest("too many")

    assert send(server, create(title="x")).status_code == 200
    refused = send(server, create(title="y"), create(title="z"))
    assert (refused.status_code, refused.json()["message"]) == (400, "Too many.")
    assert titles(server) == ["x"]

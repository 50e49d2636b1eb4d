"""The five record endpoints over HTTP: statuses, sentences, bodies (contract 1.2, A.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.fields.editor import Editor
from pbpy.fields.file import File
from pbpy.fields.number import Number
from pbpy.fields.text import Text
from pbpy.schema.collection import Collection
from tests.records.blog import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from pbpy.app import App
    from tests.api.conftest import Server

POSTS = "/api/collections/posts/records"
LOCKED = "/api/collections/locked/records"
VIEW = "/api/collections/titles/records"

GENERIC = "Something went wrong while processing your request."
NOT_FOUND = "The requested resource wasn't found."
NO_COLLECTION = "Missing collection context."
NO_COLLECTION_TO_WRITE = "Missing or invalid collection context."
SUPERUSERS = "Only superusers can perform this action."
READ_ONLY = "Unsupported collection type."


async def make_collections(app: App) -> None:
    fields = (
        Text("title", max=10),
        Number("n"),
        Text("secret", hidden=True),
        File("doc", max_size=100),
        File("docs", max_select=3),
    )
    await app.save(Collection.new_base("posts", **OPEN, fields=fields))
    await app.save(Collection.new_base("locked", fields=(Text("title"),)))
    readable = {"list_rule": "", "view_rule": ""}
    await app.save(Collection.new_view("titles", "SELECT id, title FROM posts", **readable))


@pytest.fixture(scope="module")
def records(server: Server) -> Server:
    """The server with its collections and the record `aaaaaaaaaaaaaaa`."""
    server.run(make_collections(server.app))
    answer = server.send("POST", POSTS, json={"id": "a" * 15, "title": "first", "n": 1})
    assert answer.status_code == 200
    return server


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/api/collections/nope/records", None, 404, NO_COLLECTION),
        ("GET", "/api/collections/nope/records/x", None, 404, NO_COLLECTION),
        ("POST", "/api/collections/nope/records", "{}", 404, NO_COLLECTION_TO_WRITE),
        ("PATCH", "/api/collections/nope/records/x", "{}", 404, NO_COLLECTION_TO_WRITE),
        ("DELETE", "/api/collections/nope/records/x", None, 404, NO_COLLECTION),
        ("GET", LOCKED, None, 403, SUPERUSERS),
        ("GET", f"{LOCKED}/x", None, 403, SUPERUSERS),
        ("POST", LOCKED, "{}", 403, SUPERUSERS),
        ("PATCH", f"{LOCKED}/x", "{}", 403, SUPERUSERS),
        ("DELETE", f"{LOCKED}/x", None, 403, SUPERUSERS),
        ("POST", VIEW, "{}", 400, READ_ONLY),
        ("PATCH", f"{VIEW}/x", "{}", 400, READ_ONLY),
        ("DELETE", f"{VIEW}/x", None, 400, READ_ONLY),
        ("GET", f"{POSTS}/nope", None, 404, NOT_FOUND),
        ("PATCH", f"{POSTS}/nope", "{}", 404, NOT_FOUND),
        ("DELETE", f"{POSTS}/nope", None, 404, NOT_FOUND),
        # a body that cannot be read comes before every rule
        ("POST", LOCKED, "{", 400, GENERIC),
        ("PATCH", f"{POSTS}/nope", "{", 400, GENERIC),
        ("DELETE", f"{POSTS}/nope", "{", 400, GENERIC),
        ("GET", POSTS, "{", 400, GENERIC),
        ("POST", POSTS, "[1]", 400, GENERIC),
        ("POST", POSTS, '{"a":1,"a":2}', 400, GENERIC),
        ("POST", POSTS, '{"title":"longer than 10"}', 400, "Failed to create record."),
        ("PATCH", f"{POSTS}/{'a' * 15}", '{"id":"x"}', 400, "Failed to update record."),
        ("GET", f"{POSTS}?page=x", None, 400, GENERIC),
        ("GET", f"{POSTS}?filter=nope=1", None, 400, GENERIC),
        ("GET", f"{POSTS}?filter=secret='x'", None, 400, GENERIC),
        ("GET", f"{POSTS}?filter=@request.auth.id=''", None, 403,
         "Only superusers can filter by @request."),
        ("GET", f"{POSTS}?sort=@collection.x", None, 403,
         "Only superusers can filter by @collection."),
        ("GET", f"{POSTS}?fields=title:nope(1)", None, 400, GENERIC),
        ("PUT", POSTS, "{}", 404, NOT_FOUND),
    ],
)  # fmt: skip
def test_refusal(  # one row of the table
    records: Server, method: str, path: str, body: str | None, status: int, message: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = records.send(method, path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert list(answer.json()) == ["data", "message", "status"]


def test_errors_of_values_are_in_data(records: Server) -> None:
    answer = records.send("POST", POSTS, json={"title": "longer than 10", "id": "a" * 15})
    assert answer.json()["data"] == {
        "title": {
            "code": "validation_max_text_constraint",
            "message": "Must be no more than 10 character(s).",
            "params": {"max": 10},
        }
    }
    answer = records.send("POST", POSTS, json={"id": "a" * 15})
    assert answer.json()["data"] == {
        "id": {"code": "validation_not_unique", "message": "Value must be unique."}
    }


def test_page_is_answered_in_pocketbases_key_order(records: Server) -> None:
    answer = records.send("GET", f"{POSTS}?filter=n=1&fields=id,n")
    assert answer.content == (
        b'{"items":[{"id":"aaaaaaaaaaaaaaa","n":1}],"page":1,"perPage":30,"totalItems":1,'
        b'"totalPages":1}'
    )
    assert answer.headers["content-type"] == "application/json"


def test_collection_is_found_by_name_in_any_case_and_by_id(records: Server) -> None:
    collection_id = records.app.catalog.get("posts").id
    for name in ("posts", "POSTS", collection_id):
        answer = records.send("GET", f"/api/collections/{name}/records/{'a' * 15}")
        assert answer.json()["collectionName"] == "posts"


def test_life_of_a_record(records: Server) -> None:
    created = records.send("POST", POSTS, json={"title": "new", "n": 1.0}).json()
    assert created["n"] == 1
    path = f"{POSTS}/{created['id']}"
    assert records.send("GET", path).json() == created
    changed = records.send("PATCH", path, json={"n+": 2})
    assert changed.json() == {**created, "n": 3}
    deleted = records.send("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert records.send("GET", path).status_code == 404


def test_head_has_the_length_and_no_body(records: Server) -> None:
    answer = records.send("HEAD", f"{POSTS}?filter=n=99")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "64"


def test_form_with_files(records: Server) -> None:
    answer = records.send(
        "POST",
        POSTS,
        data={"title": "007", "@jsonPayload": '{"n":5}'},
        files=[("doc", ("a b.txt", b"one")), ("docs", ("c.txt", b"2")), ("docs", ("d.txt", b"3"))],
    ).json()
    assert (answer["title"], answer["n"]) == ("007", 5)
    assert answer["doc"].startswith("a_b_")
    assert len(answer["docs"]) == 2
    path = f"{POSTS}/{answer['id']}"
    more = records.send("PATCH", path, files=[("docs+", ("e.txt", b"4"))]).json()
    assert more["docs"][:2] == answer["docs"]
    assert len(more["docs"]) == 3
    refused = records.send("PATCH", path, files=[("doc", ("big.txt", b"x" * 101))])
    assert refused.json()["data"]["doc"]["code"] == "validation_file_size_limit"
    fewer = records.send("PATCH", path, json={"docs-": more["docs"][0], "doc": ""}).json()
    assert (fewer["doc"], len(fewer["docs"])) == ("", 2)


def test_hidden_fields_are_for_superusers(records: Server) -> None:
    headers = records.superuser()
    created = records.send("POST", POSTS, json={"secret": "x"}, headers=headers).json()
    assert created["secret"] == "x"
    path = f"{POSTS}/{created['id']}"
    assert "secret" not in records.send("GET", path).json()
    assert "secret" not in records.send("PATCH", path, json={"secret": "y"}).json()
    assert records.send("GET", path, headers=headers).json()["secret"] == "x"
    records.send("DELETE", path)


def test_body_limit_grows_with_the_fields(make_app: Callable[..., App], serve: Any) -> None:
    with serve(make_app()) as server:
        fields = (File("doc", max_size=1000, max_select=3), Editor("text", max_size=500))
        server.run(server.app.save(Collection.new_base("big", **OPEN, fields=fields)))
        limit = 32 * 1024 * 1024 + 3500
        path = "/api/collections/big/records"

        def announce(length: int) -> httpx.Response:
            headers = {"Content-Type": "application/json", "Content-Length": str(length)}
            answer: httpx.Response = server.send("POST", path, content=b"{}", headers=headers)
            return answer

        assert announce(limit + 1).status_code == 413
        assert announce(2).status_code == 200


def test_request_hook_answers_instead(make_app: Callable[..., App], serve: Any) -> None:
    app = make_app()

    @app.on_record_view_request.on("posts")
    async def answer(event: Any) -> None:
        event.response = {"id": event.record.id, "instead": True}

    @app.on_record_delete_request.on("posts")
    async def stop(event: Any) -> None:
        return

    with serve(app) as server:
        server.run(make_collections(app))
        server.send("POST", POSTS, json={"id": "b" * 15})
        path = f"{POSTS}/{'b' * 15}"
        assert server.send("GET", path).json() == {"id": "b" * 15, "instead": True}
        assert server.send("DELETE", path).status_code == 204
        assert server.send("GET", f"{POSTS}?fields=id").json()["totalItems"] == 1

"""The endpoints of collections, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.auth.tokens import issue_auth_token
from pbpy.records.record import Record
from pbpy.schema.collection import default_collection_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from httpx import Response

    from pbpy.app import App
    from pbpy.hooks.events import (
        CollectionRequestEvent,
        CollectionsImportRequestEvent,
        CollectionsListRequestEvent,
    )
    from tests.api.conftest import Server

URL = "/api/collections"


class Console:
    """A superuser's view of one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.app = server.app
        self.headers = server.superuser()

    def send(self, method: str, path: str = "", body: Any = None, **options: Any) -> Response:
        if body is not None:
            options["json"] = body
        return self.server.send(method, URL + path, headers=self.headers, **options)


@pytest.fixture
def console(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> Iterator[Console]:
    with serve(make_app()) as server:
        yield Console(server)


def codes(response: Response) -> dict[str, str]:
    assert response.status_code == 400
    return {key: error["code"] for key, error in response.json()["data"].items()}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/users"),
        ("PATCH", "/users"),
        ("DELETE", "/users"),
        ("DELETE", "/users/truncate"),
        ("PUT", "/import"),
        ("GET", "/meta/scaffolds"),
        ("GET", "/meta/oauth2-providers"),
        ("POST", "/meta/dry-run-view"),
        ("GET", "/nope"),
    ],
)
def test_only_superusers_may_come_in(console: Console, method: str, path: str) -> None:
    app = console.app
    user = Record(app.catalog.get("users"), {"email": "a@b.co", "password": "1234567890"})
    console.server.run(app.save(user))
    as_user = {"Authorization": issue_auth_token(user)}
    assert console.server.send(method, URL + path).status_code == 401
    assert console.server.send(method, URL + path, headers=as_user).status_code == 403


def test_a_collection_lives_from_post_to_delete(console: Console) -> None:
    created = console.send("POST", "", {"name": "posts", "fields": [{"type": "text", "name": "t"}]})
    assert created.status_code == 200
    assert created.headers["content-type"] == "application/json"
    body = created.json()
    assert body["id"] == default_collection_id("base", "posts")
    assert console.send("GET", "/POSTS").content == created.content
    changed = console.send("PATCH", "/posts", {"name": "notes", "listRule": ""})
    assert changed.json() == {
        **body,
        "name": "notes",
        "listRule": "",
        "updated": changed.json()["updated"],
    }
    picked = console.send("GET", f"/{body['id']}", params={"fields": "name,fields.name"})
    assert picked.json() == {"name": "notes", "fields": [{"name": "id"}, {"name": "t"}]}
    gone = console.send("DELETE", "/notes")
    assert (gone.status_code, gone.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        missing = console.send(method, "/notes")
        assert missing.status_code == 404
        assert missing.json()["message"] == "The requested resource wasn't found."


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"[1]", "collection type"),
        (b'{"name":', "collection type"),
        (b'{"name": 5}', "collection type"),
        (b'{"type": true}', "collection type"),
        (b'{"name": "a", "fields": 5}', "submitted"),
        (b'{"name": "a", "fields": [{"type": "nope"}]}', "submitted"),
        (b'{"name": "a", "listRule": 5}', "submitted"),
    ],
)
def test_malformed_bodies_have_two_sentences(console: Console, content: bytes, part: str) -> None:
    headers = {**console.headers, "Content-Type": "application/json"}
    response = console.server.send("POST", URL, content=content, headers=headers)
    assert response.status_code == 400
    assert response.json() == {
        "data": {},
        "message": f"Failed to load the {part} data due to invalid formatting.",
        "status": 400,
    }


def test_a_null_body_has_no_name(console: Console) -> None:
    headers = {**console.headers, "Content-Type": "application/json"}
    response = console.server.send("POST", URL, content=b"null", headers=headers)
    assert codes(response) == {"name": "validation_required"}
    assert response.json()["message"] == "Failed to create collection."


def test_a_null_change_misses_the_name(console: Console) -> None:
    headers = {**console.headers, "Content-Type": "application/json"}
    response = console.server.send("PATCH", f"{URL}/users", content=b"null", headers=headers)
    assert codes(response) == {"name": "validation_required"}
    assert console.send("PATCH", "/users", {}).status_code == 200


def test_forms_bring_texts_and_a_json_payload(console: Console) -> None:
    form = {"name": "posts", "listRule": "", "Type": "auth", "indexes": ["nonsense"]}
    refused = console.send("POST", "", data=form)
    assert refused.json()["data"]["indexes"]["0"]["code"] == "validation_invalid_index_expression"
    payload = '{"fields": [{"type": "text", "name": "t"}]}'
    made = console.send(
        "POST", "", data={"name": "posts", "listRule": "", "@jsonPayload": payload}
    ).json()
    assert (made["type"], made["listRule"], made["viewRule"]) == ("base", "", None)
    assert [field["name"] for field in made["fields"]] == ["id", "t"]
    files = {"name": (None, "notes")}
    assert console.send("PATCH", "/posts", files=files).json()["name"] == "notes"
    assert console.app.catalog.get("notes").view_rule is None
    broken = console.send("POST", "", data={"name": "x", "@jsonPayload": "{"})
    assert broken.json()["message"].startswith("Failed to load the collection type data")


def test_what_the_database_refuses_is_told(console: Console) -> None:
    response = console.send("POST", "", {"name": "sqlite_posts"})
    assert response.status_code == 400
    assert response.json()["data"] == {}
    assert response.json()["message"] == (
        "Failed to create collection. Raw error: \n"
        "SQL logic error: object name reserved for internal use: sqlite_posts (1)."
    )


def test_a_changed_id_is_not_found(console: Console) -> None:
    assert console.send("PATCH", "/users", {"id": "other"}).status_code == 404
    known = console.send("PATCH", "/users", {"id": default_collection_id("auth", "_superusers")})
    assert codes(known) == {"id": "validation_values_mismatch"}
    assert known.json()["message"] == "Failed to update collection."


def test_secrets_are_never_shown(console: Console) -> None:
    body = {"oauth2": {"providers": [{"name": "google", "clientSecret": "hush"}]}}
    shown = console.send("PATCH", "/users", body).text
    stored = console.app.catalog.get("users").auth
    assert stored is not None
    assert stored.oauth2.providers[0].client_secret == "hush"
    for secret in ("hush", "ecret", stored.auth_token.secret):
        assert secret not in shown
    assert "ecret" not in console.send("GET").text


def test_a_delete_names_what_stands_in_its_way(console: Console) -> None:
    console.send("POST", "", {"name": "posts"})
    relation = {
        "type": "relation",
        "name": "post",
        "collectionId": default_collection_id("base", "posts"),
    }
    console.send("POST", "", {"name": "notes", "fields": [relation]})
    refused = console.send("DELETE", "/posts")
    assert refused.status_code == 400
    assert refused.json() == {
        "data": {},
        "message": "Failed to delete collection probably due to existing reference in notes.",
        "status": 400,
    }
    system = console.send("DELETE", "/_superusers")
    assert system.json()["message"] == "Failed to delete collection."


def test_a_list_has_pages_filter_and_sort(console: Console) -> None:
    page = console.send("GET", "", params={"perPage": "2", "page": "2", "fields": "name"})
    assert page.json() == {
        "items": [{"name": "_externalAuths"}, {"name": "_authOrigins"}],
        "page": 2,
        "perPage": 2,
        "totalItems": 6,
        "totalPages": 3,
    }
    found = console.send(
        "GET", "", params={"filter": "type = 'auth'", "sort": "-name", "skipTotal": "1"}
    ).json()
    assert [item["name"] for item in found["items"]] == ["users", "_superusers"]
    assert (found["totalItems"], found["totalPages"]) == (-1, -1)
    for params in (
        {"filter": "options = 1"},
        {"filter": "name ="},
        {"filter": "@request.auth.id = ''"},
        {"filter": f"name = '{'a' * 3500}'"},
        {"sort": "nope"},
        {"sort": "name,"},
        {"page": "abc"},
        {"skipTotal": "yes"},
    ):
        refused = console.send("GET", "", params=params)
        assert refused.status_code == 400
        assert refused.json()["data"] == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name = 'USERS'", []),
        ("name ~ 'USERS'", ["_superusers", "users"]),
        ("system = false", ["users"]),
        ("system != true && name != ''", ["users"]),
        ("name = 'users' || type ?= 'auth'", ["_superusers", "users"]),
        ("created > @now", []),
        ("1 = 2", []),
        ("name !~ '\\_%'", ["users"]),
    ],
)
def test_filters_compare_columns(console: Console, text: str, names: list[str]) -> None:
    found = console.send("GET", "", params={"filter": text, "sort": "name"}).json()
    assert [item["name"] for item in found["items"]] == names
    assert found["totalItems"] == len(names)


def test_truncate_deletes_records_and_keeps_the_collection(console: Console) -> None:
    console.send("POST", "", {"name": "posts"})
    posts = console.app.catalog.get("posts")
    for _ in range(3):
        console.server.run(console.app.save(Record(posts)))
    assert console.send("DELETE", "/posts/truncate").status_code == 204
    assert console.server.run(console.app.count_records("posts")) == 0
    console.send("POST", "", {"name": "v", "type": "view", "viewQuery": "select id from posts"})
    view = console.send("DELETE", "/v/truncate")
    assert view.json()["message"].startswith("View collections cannot be truncated")
    superusers = console.send("DELETE", "/_superusers/truncate")
    assert superusers.status_code == 400
    assert superusers.json()["message"] == (
        "Failed to truncate collection (most likely due to required cascade delete record"
        " references)."
    )


def test_import_takes_a_list_of_objects(console: Console) -> None:
    done = console.send("PUT", "/import", {"collections": [{"name": "a"}, {"name": "b"}]})
    assert (done.status_code, done.content) == (204, b"")
    bodies: list[Any] = [{}, {"collections": None}, {"collections": []}]
    for body in bodies:
        refused = console.send("PUT", "/import", body)
        assert codes(refused) == {"collections": "validation_required"}
        assert refused.json()["message"] == (
            "An error occurred while validating the submitted data."
        )
    bodies = [{"collections": 5}, {"collections": [5]}, {"collections": [], "deleteMissing": 1}]
    for body in bodies:
        refused = console.send("PUT", "/import", body)
        assert (refused.status_code, refused.json()["message"]) == (
            400,
            "An error occurred while loading the submitted data.",
        )
    invalid = console.send("PUT", "/import", {"collections": [{"name": "c"}, {"name": "a b"}]})
    assert codes(invalid) == {"collections": "validation_collections_import_failure"}
    assert invalid.json()["message"] == "Failed to import collections."
    view = {"name": "v", "type": "view", "viewQuery": "select 1"}
    raw = console.send("PUT", "/import", {"collections": [view]})
    assert raw.json()["data"]["collections"]["message"] == (
        "Failed to import the collections configuration. Raw error:\n"
        'failed to save collection "v": missing required id column'
        " (you can use `(ROW_NUMBER() OVER()) as id` if you don't have one)."
    )
    index = {"name": "d", "indexes": ["nonsense"]}
    refused = console.send("PUT", "/import", {"collections": [index]})
    assert refused.json()["data"]["indexes"]["0"]["code"] == "validation_invalid_index_expression"
    assert console.app.catalog.find("c") is None


def test_scaffolds_have_no_id_and_one_suffix(console: Console) -> None:
    scaffolds = console.send("GET", "/meta/scaffolds").json()
    assert set(scaffolds) == {"base", "auth", "view"}
    assert {item["id"] for item in scaffolds.values()} == {""}
    first, second = scaffolds["auth"]["indexes"]
    suffix = first.removeprefix("CREATE UNIQUE INDEX `idx_tokenKey_")[:10]
    assert first == f"CREATE UNIQUE INDEX `idx_tokenKey_{suffix}` ON `` (`tokenKey`)"
    assert second == f"CREATE UNIQUE INDEX `idx_email_{suffix}` ON `` (`email`) WHERE `email` != ''"
    assert scaffolds["view"]["viewQuery"] == ""


def test_providers_are_listed(console: Console) -> None:
    providers = console.send("GET", "/meta/oauth2-providers").json()
    assert len(providers) == 32
    assert set(providers[0]) == {"name", "displayName", "logo"}


def test_a_dry_run_shows_fields_and_rows(console: Console) -> None:
    fields = [{"type": "text", "name": "t"}, {"type": "text", "name": "h", "hidden": True}]
    console.send("POST", "", {"name": "posts", "fields": fields})
    posts = console.app.catalog.get("posts")
    console.server.run(console.app.save(Record(posts, {"id": "a" * 15, "t": "x", "h": "y"})))
    query = "select id, t as title, h, (1 + 1) as n from posts"
    answer = console.send("POST", "/meta/dry-run-view", {"query": query}).json()
    assert list(answer) == ["fields", "sample"]
    assert [field["type"] for field in answer["fields"]] == ["text", "text", "text", "json"]
    (row,) = answer["sample"]
    assert row.pop("collectionName").startswith("temp_view_")
    row.pop("collectionId")
    assert row == {"id": "a" * 15, "title": "x", "n": 2}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_required"),
        ({"query": ""}, "validation_required"),
        ({"query": "x" * 5001}, "validation_length_too_long"),
    ],
    ids=["missing", "empty", "long"],
)
def test_a_dry_run_needs_a_query(console: Console, body: dict[str, str], code: str) -> None:
    response = console.send("POST", "/meta/dry-run-view", body)
    assert codes(response) == {"query": code}
    assert response.json()["message"] == "An error occurred while validating the submitted data."


def test_a_dry_run_tells_why_a_query_is_no_view(console: Console) -> None:
    response = console.send("POST", "/meta/dry-run-view", {"query": "select id from nope"})
    assert response.status_code == 400
    message = response.json()["message"]
    assert message.startswith("Invalid view query. Raw error: \n")
    assert "no such table: main.nope" in message


def test_request_hooks_see_and_change_what_goes_on(console: Console) -> None:
    seen: list[str] = []
    app = console.app

    @app.on_collection_create_request
    async def create(event: CollectionRequestEvent) -> None:
        seen.append(f"create {event.collection.name} {event.info.body['name']}")
        assert event.auth is not None
        event.collection = event.collection.replace(name="renamed")
        await event.next()
        assert event.app.catalog.find("renamed") is not None

    @app.on_collection_update_request
    def update(event: CollectionRequestEvent) -> None:
        seen.append(f"update {event.collection.list_rule}")

    @app.on_collection_view_request
    async def view(event: CollectionRequestEvent) -> None:
        seen.append("view")
        event.response = {"own": event.collection.name}

    @app.on_collection_delete_request
    async def delete(_: CollectionRequestEvent) -> None:
        seen.append("delete")

    @app.on_collections_list_request
    async def page(event: CollectionsListRequestEvent) -> None:
        seen.append(f"list {event.total_items}")
        event.collections = event.collections[:1]
        event.total_items = 1
        await event.next()

    @app.on_collections_import_request
    async def load(event: CollectionsImportRequestEvent) -> None:
        seen.append(f"import {len(event.collections)} {event.delete_missing}")
        event.collections = [*event.collections, {"name": "added"}]
        await event.next()

    assert console.send("POST", "", {"name": "posts"}).json()["name"] == "renamed"
    assert console.send("PATCH", "/renamed", {"listRule": ""}).status_code == 200
    assert console.send("GET", "/renamed").json() == {"own": "renamed"}
    assert console.send("DELETE", "/renamed").status_code == 204
    assert app.catalog.find("renamed") is not None
    assert console.send("GET").json()["totalItems"] == 1
    assert console.send("PUT", "/import", {"collections": [{"name": "x"}]}).status_code == 204
    assert app.catalog.find("added") is not None
    assert seen == [
        "create posts posts", "update ", "view", "delete", "list 7", "import 1 False",
    ]  # fmt: skip

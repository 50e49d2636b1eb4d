"""Stored files (contract 10.4, 10.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pbpy.hooks.events import FileTokenRequestEvent
    from tests.api.conftest import Server

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c63f8cfc0f01f0005000101ff5b2f1e0000000049454e44ae426082"
)
POLICY = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


def file_field(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "file", "maxSelect": 3, **options}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, Any]]]:
    config = Config(data_dir=tmp_path_factory.mktemp("files") / "pb_data", password_hash="bcrypt")
    with open_server(App(config)) as server:
        made = server.send(
            "POST",
            "/api/collections",
            headers=server.superuser(),
            json={
                "name": "docs",
                "type": "base",
                "createRule": "",
                "fields": [file_field("open"), file_field("secret", protected=True)],
            },
        )
        assert made.status_code == 200, made.text
        answer = server.send(
            "POST",
            "/api/collections/docs/records",
            files=[
                ("open", ("note.txt", b"plain text")),
                ("open", ("dot.png", PNG)),
                ("secret", ("key.txt", b"secret")),
            ],
        )
        assert answer.status_code == 200, answer.text
        yield server, answer.json()


def url(record: dict[str, Any], name: str, collection: str = "docs") -> str:
    return f"/api/files/{collection}/{record['id']}/{name}"


def test_a_text_is_saved_and_an_image_is_shown(stored: tuple[Server, dict[str, Any]]) -> None:
    server, record = stored
    note, dot = record["open"]
    answer = server.send("GET", url(record, note))
    assert (answer.status_code, answer.content) == (200, b"plain text")
    assert answer.headers["content-disposition"] == f'attachment; filename="{note}"'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "max-age=2592000, stale-while-revalidate=86400"
    assert "x-frame-options" not in answer.headers
    assert "etag" not in answer.headers
    answer = server.send("GET", url(record, dot, record["collectionId"]))
    assert (answer.headers["content-type"], answer.content) == ("image/png", PNG)
    assert answer.headers["content-disposition"] == f'inline; filename="{dot}"'
    forced = server.send("GET", url(record, dot) + "?download=1")
    assert forced.headers["content-disposition"] == f'attachment; filename="{dot}"'


def test_parts_and_conditions(stored: tuple[Server, dict[str, Any]]) -> None:
    server, record = stored
    where = url(record, record["open"][0])
    part = server.send("GET", where, headers={"Range": "bytes=6-"})
    assert (part.status_code, part.content) == (206, b"text")
    again = server.send("GET", where, headers={"If-Modified-Since": part.headers["last-modified"]})
    assert (again.status_code, again.content) == (304, b"")
    head = server.send("HEAD", where)
    assert (head.headers["content-length"], head.content) == ("10", b"")


def test_what_nobody_may_see_does_not_exist(stored: tuple[Server, dict[str, Any]]) -> None:
    server, record = stored
    name = record["open"][0]
    missing = (
        url(record, record["secret"][0]),
        url(record, "other.txt"),
        url(record, name + ".attrs"),
        url(record, "..%2f" + name),
        url({"id": "nobody"}, name),
        url(record, name, "users"),
    )
    for path in missing:
        answer = server.send("GET", path, headers=server.superuser())
        assert answer.status_code == 404, path
        assert answer.json()["message"] == "The requested resource wasn't found."
    answer = server.send("GET", url(record, name, "nope"), headers=server.superuser())
    assert answer.json()["message"] == "Missing or invalid collection context."


def test_an_open_view_rule_opens_protected_files(stored: tuple[Server, dict[str, Any]]) -> None:
    server, record = stored
    change = {"viewRule": ""}
    answer = server.send("PATCH", "/api/collections/docs", headers=server.superuser(), json=change)
    assert answer.status_code == 200
    assert server.send("GET", url(record, record["secret"][0])).content == b"secret"


def test_a_handler_may_change_the_token(tmp_path: Path) -> None:
    app = App(Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt"))

    @app.on_file_token_request.on("_superusers")
    async def mark(e: FileTokenRequestEvent) -> None:
        assert e.token.count(".") == 2
        e.token = f"for {e.record.email}"
        await e.next()

    with open_server(app) as server:
        answer = server.send("POST", "/api/files/token", headers=server.superuser())
        assert answer.json() == {"token": "for root@example.com"}

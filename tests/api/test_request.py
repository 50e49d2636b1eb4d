"""Bodies by content type (contract 1.1, A.1), and what a request knows of its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pbpy.api.request import ApiRequest
    from tests.api.conftest import Server

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=X"
GENERIC = "Something went wrong while processing your request."
LOADING = "An error occurred while loading the submitted data."


async def echo_record(request: ApiRequest) -> dict[str, Any]:
    body = await request.record_body()
    files = {
        key: [[item.original_name, item.open().read().decode()] for item in items]
        for key, items in request.files.items()
    }
    return {"body": body, "info": request.info.body is body, "files": files}


async def echo_struct(request: ApiRequest) -> dict[str, Any]:
    return await request.struct_body({"identity": "text", "password": "text"})


async def echo_info(request: ApiRequest) -> dict[str, Any]:
    info = request.info
    return {"method": info.method, "query": info.query, "headers": dict(info.headers)}


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    app = App(Config(data_dir=tmp_path_factory.mktemp("echo") / "pb_data"))
    app.route("POST", "/record")(echo_record)
    app.route("POST", "/struct")(echo_struct)
    app.route("GET", "/info")(echo_info)
    with open_server(app) as server:
        yield server


def post(server: Server, path: str, content: bytes | str, content_type: str | None) -> Any:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return server.send("POST", path, content=content, headers=headers)


def part(head: str, content: str) -> str:
    return f"--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"


@pytest.mark.parametrize(
    ("content", "content_type", "body"),
    [
        ('{"t":"1","T":2}', "application/json", {"t": "1", "T": 2}),
        ('{"t":"1"} xyz', "application/json; charset=utf-8", {"t": "1"}),
        ("null", "application/json", {}),
        ("", "application/json", {}),
        ("", "text/plain", {}),
        ('{"t":"1"}', "application/jsonx", {"t": "1"}),
        ("t=1&n=1.50&b=true&t=x", FORM, {"t": [1, "x"], "n": "1.50", "b": True}),
        ('@jsonPayload={"t":"p"}&t=q', FORM, {"t": "p"}),
        (part('name="t"', "5") + "--X--\r\n", MULTIPART, {"t": 5}),
    ],
)
def test_record_bodies(echo: Server, content: str, content_type: str, body: object) -> None:
    answer = post(echo, "/record", content, content_type)
    assert answer.json() == {"body": body, "info": True, "files": {}}


def test_form_values_and_the_url_make_one_form(echo: Server) -> None:
    answer = post(echo, "/record?t=query&u=1", "t=body", FORM)
    assert answer.json()["body"] == {"t": ["body", "query"], "u": 1}
    answer = post(echo, "/record?t=query", part('name="t"', "body") + "--X--\r\n", MULTIPART)
    assert answer.json()["body"] == {"t": ["query", "body"]}
    assert post(echo, "/record?t=query", "{}", "application/json").json()["body"] == {}


def test_files_of_a_record_body(echo: Server) -> None:
    content = (
        part('name="f"; filename="a.txt"', "one")
        + part('name="f"; filename="b.txt"', "two")
        + part('name="g"; filename=""', "")
        + "--X--\r\n"
    )
    answer = post(echo, "/record", content, MULTIPART).json()
    assert answer["files"] == {"f": [["a.txt", "one"], ["b.txt", "two"]]}
    assert answer["body"] == {"g": ""}


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        ('{"t":1,"t":2}', "application/json", GENERIC),
        ("[1]", "application/json", GENERIC),
        ("x", "application/json", GENERIC),
        ("  ", "application/json", GENERIC),
        ("t=%zz", FORM, GENERIC),
        ("t=a;b", FORM, GENERIC),
        ("@jsonPayload=[1]", FORM, GENERIC),
        ("junk", MULTIPART, GENERIC),
        ("junk", "multipart/form-data", GENERIC),
        ("<x/>", "text/xml", GENERIC),
        ("{}", "text/plain", "Unsupported Content-Type."),
        ("{}", "", "Unsupported Content-Type."),
        ("{}", "APPLICATION/JSON", "Unsupported Content-Type."),
        ("{}", None, "Unsupported Content-Type."),
    ],
)
def test_record_bodies_that_are_refused(
    echo: Server, content: str, content_type: str | None, message: str
) -> None:
    answer = post(echo, "/record", content, content_type)
    assert answer.status_code == 400
    assert answer.json() == {"data": {}, "message": message, "status": 400}


@pytest.mark.parametrize(
    ("content", "content_type", "body"),
    [
        ('{"Identity":"a","PASSWORD":"b","x":1}', "application/json", ["a", "b"]),
        ('{"identity":null}', "application/json", [None, None]),
        ("null", "application/json", [None, None]),
        ("identity=a&password=b&identity=c", FORM, ["a", "b"]),
        ('@jsonPayload={"IDENTITY":"a"}', FORM, ["a", None]),
        (part('name="identity"', "a") + "--X--\r\n", MULTIPART, ["a", None]),
        ("<x><Identity>a</Identity></x>", "application/xml", ["a", None]),
        ("", "text/plain", [None, None]),
    ],
)
def test_struct_bodies(echo: Server, content: str, content_type: str, body: list[Any]) -> None:
    bound = post(echo, "/struct", content, content_type).json()
    assert [bound.get("identity"), bound.get("password")] == body


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        ('{"identity":1}', "application/json", LOADING),
        ('{"identity":"a","Identity":"b"}', "application/json", LOADING),
        ("{", "application/json", LOADING),
        ("identity=%zz", FORM, LOADING),
        ("@jsonPayload={", FORM, LOADING),
        ("<x>", "text/xml", LOADING),
        ("x", "text/plain", "Unsupported Content-Type."),
    ],
)
def test_struct_bodies_that_are_refused(
    echo: Server, content: str, content_type: str, message: str
) -> None:
    answer = post(echo, "/struct", content, content_type)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_a_chunked_body_over_the_limit_is_refused(
    echo: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def chunks() -> Any:
        for _ in range(34):
            yield b"x" * (1 << 20)

    answer = echo.send(
        "POST", "/record", content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_what_rules_may_know(echo: Server) -> None:
    info = echo.send("GET", "/info?a=1&a=2&b", headers={"X-Token": "t"}).json()
    assert info["method"] == "GET"
    assert info["query"] == {"a": "1", "b": ""}
    assert info["headers"]["x_token"] == "t"

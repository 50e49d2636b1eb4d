"""What every answer has in common (contract 1.1, 2.1, 11, A.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from pbpy.api.responses import Json, Redirect, Text
from pbpy.errors import BadRequest, FieldError, NotFound
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pbpy.api.request import ApiRequest
    from pbpy.app import App
    from tests.api.conftest import Server

ORIGIN = {"Origin": "https://app.example.com"}
SECURITY = {
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "cross-origin-opener-policy": "same-origin",
}
NOT_FOUND = b'{"data":{},"message":"The requested resource wasn\'t found.","status":404}'
FILE_NOT_FOUND = b'{"data":{},"message":"File not found.","status":404}'


def test_health_is_exactly_what_pocketbase_says(server: Server) -> None:
    answer = server.send("GET", "/api/health")
    assert answer.status_code == 200
    assert answer.content == b'{"message":"API is healthy.","code":200,"data":{}}'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == "50"
    assert answer.headers["vary"] == "Origin"
    assert SECURITY.items() <= answer.headers.items()
    assert "access-control-allow-origin" not in answer.headers


def test_superusers_learn_how_the_server_sees_them(server: Server) -> None:
    headers = {**server.superuser(), "X-Forwarded-For": "1.2.3.4"}
    data = server.send("GET", "/api/health", headers=headers).json()["data"]
    assert data == {
        "canBackup": True,
        "possibleProxyHeader": "X-Forwarded-For",
        "realIP": "127.0.0.1",
    }


@pytest.mark.parametrize(
    ("fields", "status", "body"),
    [
        ("code", 200, {"code": 200}),
        ("data", 200, {"data": {}}),
        ("*", 200, {"message": "API is healthy.", "code": 200, "data": {}}),
        ("nope", 200, {}),
        ("code:bad", 400, None),
    ],
)
def test_fields_are_picked_from_every_answer(
    server: Server, fields: str, status: int, body: object
) -> None:
    answer = server.send("GET", "/api/health", params={"fields": fields})
    assert answer.status_code == status
    assert body is None or answer.json() == body


def test_errors_are_not_picked(server: Server) -> None:
    answer = server.send("POST", "/api/nope", params={"fields": "status"})
    assert answer.content == NOT_FOUND


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/api/nope", 404, FILE_NOT_FOUND),
        ("GET", "/api", 404, FILE_NOT_FOUND),
        ("GET", "/api/health/", 404, FILE_NOT_FOUND),
        ("GET", "/api/HEALTH", 404, FILE_NOT_FOUND),
        ("GET", "/", 404, FILE_NOT_FOUND),
        ("POST", "/api/health", 404, NOT_FOUND),
        ("PUT", "/nope", 404, NOT_FOUND),
        ("PURGE", "/api/health", 404, NOT_FOUND),
        ("FOO", "/api/health", 404, NOT_FOUND),
        ("HEAD", "/api/nope", 404, b""),
        ("HEAD", "/api/health", 200, b""),
    ],
)
def test_unknown_routes(server: Server, method: str, path: str, status: int, body: bytes) -> None:
    answer = server.send(method, path)
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-type"] == "application/json"
    assert SECURITY.items() <= answer.headers.items()


def test_head_has_the_length_of_get_but_errors_have_none(server: Server) -> None:
    assert server.send("HEAD", "/api/health").headers["content-length"] == "50"
    assert "content-length" not in server.send("HEAD", "/api/nope").headers


@pytest.mark.parametrize(
    ("method", "path", "location", "body"),
    [
        ("GET", "//api/health?x=1", "/api/health?x=1", b"/api/health?x=1"),
        ("GET", "/api//health", "/api/health", b"/api/health"),
        ("GET", "/_", "/_/", b"/_/"),
        ("POST", "/api//health", "/api/health", None),
        ("OPTIONS", "//x", "/x", None),
    ],
)
def test_redirects_of_the_router_have_no_other_headers(
    server: Server, method: str, path: str, location: str, body: bytes | None
) -> None:
    answer = server.send(method, f"http://test{path}")
    assert answer.status_code == 307
    assert answer.headers["location"] == location
    wanted = b"" if body is None else b'<a href="%s">Temporary Redirect</a>.\n\n' % body
    assert answer.content == wanted
    assert "vary" not in answer.headers
    assert "x-frame-options" not in answer.headers


def test_cors_of_any_origin(server: Server) -> None:
    answer = server.send("GET", "/api/nope", headers=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["/api/health", "/api/nope", "/", "/x/y/z"])
def test_preflight_of_any_path(server: Server, path: str) -> None:
    asked = {**ORIGIN, "Access-Control-Request-Headers": "authorization,x-custom"}
    answer = server.send("OPTIONS", path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
    assert answer.headers["access-control-allow-headers"] == "authorization,x-custom"
    assert "x-frame-options" not in answer.headers
    assert "content-length" not in answer.headers


def test_preflight_without_an_origin(server: Server) -> None:
    answer = server.send("OPTIONS", "/api/health")
    assert answer.status_code == 204
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-methods" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.example.com", True),
        ("https://a.b.example.com", True),
        ("https://example.com", False),
        ("http://a.example.com", False),
        ("https://a.example.com.evil.org", False),
        ("https://evil.org?.example.com", True),
        ("https://one.org", True),
        ("https://one.org.evil.org", False),
        ("https://" + "a." * 200 + "example.com", False),
    ],
)
def test_only_listed_origins_are_allowed(
    make_app: Callable[..., App],
    serve: Callable[[App], AbstractContextManager[Server]],
    origin: str,
    allowed: bool,
) -> None:
    app = make_app(origins=("https://*.example.com", "https://one.org"))
    with serve(app) as server:
        answer = server.send("GET", "/api/health", headers={"Origin": origin})
        preflight = server.send("OPTIONS", "/api/health", headers={"Origin": origin})
    assert answer.status_code == 200
    for headers in (answer.headers, preflight.headers):
        assert headers.get("access-control-allow-origin") == (origin if allowed else None)


@pytest.mark.parametrize("form", ["%s", "Bearer %s", "bearer %s", "BEARER %s"])
def test_tokens_are_found(server: Server, form: str) -> None:
    token = server.superuser()["Authorization"]
    answer = server.send("GET", "/api/health", headers={"Authorization": form % token})
    assert answer.json()["data"] != {}


@pytest.mark.parametrize(
    "form", ["Bearer  %s", "Bearer%s", "Basic %s", "%sx", "x%s", "Bearer", "", "a.b.c", "." * 9000]
)
def test_tokens_that_prove_nothing_make_a_guest(server: Server, form: str) -> None:
    token = server.superuser()["Authorization"]
    value = form % token if "%s" in form else form
    answer = server.send("GET", "/api/health", headers={"Authorization": value})
    assert (answer.status_code, answer.json()["data"]) == (200, {})


@pytest.mark.parametrize("path", ["/api/health", "/api/nope", "/api/sql"])
def test_a_body_that_announces_too_much_is_refused_unread(server: Server, path: str) -> None:
    answer = server.send("POST", path, headers={"Content-Length": "40000000"}, content=b"")
    assert answer.status_code == 413
    assert answer.json() == {"data": {}, "message": "Request entity too large.", "status": 413}
    assert answer.headers["connection"] == "close"


async def fail_with(request: ApiRequest) -> None:
    raise ERRORS[request.params["name"]]


ERRORS: dict[str, Exception] = {
    "plain": ValueError("secret"),
    "defect": KeyError("secret"),
    "api": NotFound("no such thing"),
    "data": BadRequest("bad", {"a": {"b": FieldError("validation_x", "Bad.", {"min": 1})}}),
    "os": FileNotFoundError("secret"),
}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("plain", (400, "Something went wrong while processing your request.", {})),
        ("defect", (500, "Something went wrong while processing your request.", {})),
        ("api", (404, "No such thing.", {})),
        (
            "data",
            (
                400,
                "Bad.",
                {"a": {"b": {"code": "validation_x", "message": "Bad.", "params": {"min": 1}}}},
            ),
        ),
        ("os", (404, "The requested resource wasn't found.", {})),
    ],
)
def test_what_an_endpoint_raises_becomes_an_envelope(
    make_app: Callable[..., App],
    serve: Callable[[App], AbstractContextManager[Server]],
    caplog: pytest.LogCaptureFixture,
    name: str,
    body: tuple[int, str, Any],
) -> None:
    app = make_app()
    app.route("GET", "/fail/{name}")(fail_with)
    with serve(app) as server:
        answer = server.send("GET", f"/fail/{name}")
        again = server.send("GET", "/api/health")
    status, message, data = body
    assert answer.status_code == status
    assert answer.content == orjson.dumps({"data": data, "message": message, "status": status})
    assert SECURITY.items() <= answer.headers.items()
    assert again.status_code == 200
    assert ("secret" in caplog.text) == (name in ("plain", "defect"))


def test_routes_of_an_app_developer(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()

    @app.route("GET", "/hello/{name}")
    async def hello(request: ApiRequest) -> dict[str, str]:
        return {"hello": request.params["name"], "q": request.query.get("q", "")}

    @app.route("POST", "/plain/{rest...}")
    def plain(request: ApiRequest) -> list[object]:
        return [request.params["rest"], request.body.decode()]

    @app.route("GET", "/teapot")
    async def teapot(_: ApiRequest) -> Json:
        return Json({"short": True, "stout": True}, 418)

    app.route("GET", "/text")(lambda _: "text")
    app.route("GET", "/nothing")(lambda _: None)
    app.route("GET", "/away")(lambda _: Redirect("https://example.com/"))
    app.route("GET", "/own")(lambda _: Text("mine", 201))
    with serve(app) as server:
        assert server.send("GET", "/hello/a%20b?q=1").json() == {"hello": "a b", "q": "1"}
        assert server.send("GET", "/hello/x?fields=hello").json() == {"hello": "x"}
        assert server.send("POST", "/plain/a/b", content=b"raw").json() == ["a/b", "raw"]
        assert server.send("GET", "/teapot?fields=short").json() == {"short": True, "stout": True}
        assert server.send("GET", "/text").text == "text"
        assert server.send("GET", "/nothing").status_code == 204
        assert server.send("GET", "/away").headers["location"] == "https://example.com/"
        assert server.send("GET", "/own").status_code == 201
        assert server.send("GET", "/hello/x/").status_code == 404


def test_records_and_collections_in_an_answer_show_what_guests_may_see(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()
    secret, public = "hidden@example.com", "public@example.com"

    @app.route("GET", "/members")
    async def members(request: ApiRequest) -> dict[str, object]:
        users = request.app.get_collection("users")
        found = []
        for email in (secret, public):
            member = Record(users, {"email": email, "emailVisibility": email == public})
            member.set_password("1234567890")
            found.append(await request.app.save(member))
        return {"collection": users, "members": found}

    app.route("GET", "/odd")(lambda _: {"a": object()})
    with serve(app) as server:
        answer = server.send("GET", "/members?fields=members.email,collection.authToken")
        assert answer.json() == {
            "collection": {"authToken": {"duration": 432000}},
            "members": [{}, {"email": public}],
        }
        assert server.send("GET", "/odd").status_code == 500


def test_starlette_responses_get_the_usual_headers(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    from starlette.responses import HTMLResponse

    app = make_app()
    app.route("GET", "/page")(lambda _: HTMLResponse("<p>"))
    with serve(app) as server:
        answer = server.send("GET", "/page", headers=ORIGIN)
    assert answer.text == "<p>"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert SECURITY.items() <= answer.headers.items()


def test_an_app_developer_may_take_over_a_route(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()
    app.route("GET", "/api/health")(lambda _: "mine")
    app.route("GET", "/{path...}")(lambda request: request.params["path"])
    with serve(app) as server:
        assert server.send("GET", "/api/health").text == "mine"
        assert server.send("GET", "/a/b").text == "a/b"

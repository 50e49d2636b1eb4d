"""Rate limits at the edge of the server; labels and audiences are in the differential tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from pbpy.api.asgi import create_asgi
from pbpy.api.routes import build_router

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pbpy.app import App
    from tests.api.conftest import Server

SETTINGS = "/api/settings"
HEALTH = "/api/health"
TAGS = {
    "listAuthMethods", "authRefresh", "authWithPassword", "authWithOAuth2", "requestOTP",
    "authWithOTP", "requestPasswordReset", "confirmPasswordReset", "requestVerification",
    "confirmVerification", "requestEmailChange", "confirmEmailChange", "list", "view", "create",
    "update", "delete", "file", "auth",
}  # fmt: skip


def limit(server: Server, *rules: tuple[str, int], **options: Any) -> dict[str, str]:
    """Enable (label, most) rules and return the superuser's headers."""
    su = server.superuser()
    body = {
        "enabled": True,
        "rules": [{"label": label, "maxRequests": most, "duration": 1000} for label, most in rules],
        **options,
    }
    answer = server.send("PATCH", SETTINGS, json={"rateLimits": body}, headers=su)
    assert answer.status_code == 200, answer.text
    return su


def test_the_answer_is_the_plain_envelope(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    with serve(make_app()) as server:
        limit(server, (HEALTH, 1))
        assert server.send("GET", HEALTH).status_code == 200
        refused = server.send("GET", HEALTH)
        assert refused.status_code == 429
        assert refused.json() == {"data": {}, "message": "Too Many Requests.", "status": 429}
        assert refused.headers["x-frame-options"] == "SAMEORIGIN"
        assert not [name for name in refused.headers if "rate" in name or "retry" in name]


def test_superusers_are_never_limited(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    with serve(make_app()) as server:
        su = limit(server, ("/", 1))
        statuses = [server.send("GET", HEALTH, headers=su).status_code for _ in range(5)]
        assert statuses == [200] * 5
        assert [server.send("GET", HEALTH).status_code for _ in range(2)] == [200, 429]


def test_routes_of_the_developer_and_static_files_are_limited(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()
    app.config.public_dir.mkdir()
    (app.config.public_dir / "a.txt").write_text("a")

    @app.route("GET", "/hello/{name}")
    async def hello(_: object) -> dict[str, bool]:
        return {"hello": True}

    with serve(app) as server:
        limit(server, ("/hello/", 2))
        paths = ("/hello/x", "/hello/y", "/hello/z", "/a.txt")
        assert [server.send("GET", path).status_code for path in paths] == [200, 200, 429, 200]
        limit(server, ("/", 1))
        assert [server.send("GET", "/a.txt").status_code for _ in range(2)] == [200, 429]


def test_requests_of_one_moment_share_one_window(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()
    with serve(app) as server:
        limit(server, ("*:auth", 3))

        async def attempt(client: httpx.AsyncClient) -> int:
            path = "/api/collections/users/auth-with-password"
            body = {"identity": "a@example.com", "password": "1234567890"}
            return (await client.post(path, json=body)).status_code

        async def attack() -> list[int]:
            transport = httpx.ASGITransport(create_asgi(app))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await asyncio.gather(*(attempt(client) for _ in range(16)))

        statuses = server.run(attack())
        assert sorted(statuses) == [400] * 3 + [429] * 13


def test_disabled_limits_cost_nothing(server: Server) -> None:
    assert server.app.rate_limiter is None


def test_a_limited_request_reads_no_body_and_runs_no_endpoint(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()
    calls = 0

    @app.route("POST", "/count")
    async def count(_: object) -> None:
        nonlocal calls
        calls += 1

    with serve(app) as server:
        limit(server, ("POST /count", 1))
        statuses = [server.send("POST", "/count", content="x").status_code for _ in range(3)]
        assert (statuses, calls) == ([204, 429, 429], 1)


def test_every_tag_of_the_contract_has_a_route(make_app: Callable[..., App]) -> None:
    router = build_router(make_app())
    tagged = {
        tag
        for method in ("GET", "POST", "PATCH", "DELETE")
        for path in paths_of_collections()
        for tag in router.match(method, path)[0].route.tags  # type: ignore[union-attr]
    }
    assert tagged == TAGS


def paths_of_collections() -> list[str]:
    """Return a path of every route of one collection."""
    actions = (
        "auth-methods", "auth-refresh", "auth-with-password", "auth-with-oauth2", "request-otp",
        "auth-with-otp", "request-password-reset", "confirm-password-reset",
        "request-verification", "confirm-verification", "request-email-change",
        "confirm-email-change", "records", "records/x",
    )  # fmt: skip
    paths = [f"/api/collections/users/{action}" for action in actions]
    return [*paths, "/api/files/users/x/y.txt"]

"""SEC-19: the superuser IP list and the exclusions of rate limits cannot be talked around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import EMAIL, open_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.conftest import Server

HEALTH = "/api/health"
SIGN_IN = "/api/collections/_superusers/auth-with-password"
CREDENTIALS = {"identity": EMAIL, "password": "1234567890"}
HOME = "127.0.0.1"
"""Where the client of the tests comes from."""
FORWARDED = "X-Forwarded-For"
SPOOFS = [
    {FORWARDED: "10.0.0.1"},
    {"X-Real-IP": "10.0.0.1"},
    {"Forwarded": "for=10.0.0.1"},
    {"CF-Connecting-IP": "10.0.0.1"},
    {"Fly-Client-IP": "10.0.0.1"},
    {"x-forwarded-for": "10.0.0.1", "X-Forwarded-Host": "10.0.0.1"},
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    app = App(Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt"))
    with open_server(app) as opened:
        yield opened


def change(server: Server, su: dict[str, str], **settings: Any) -> None:
    answer = server.send("PATCH", "/api/settings", json=settings, headers=su)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("headers", SPOOFS)
def test_headers_that_are_not_trusted_are_not_looked_at(
    server: Server, headers: dict[str, str]
) -> None:
    su = server.superuser()
    change(server, su, superuserIPs=["10.0.0.1"])
    assert server.send("GET", HEALTH, headers={**su, **headers}).status_code == 403
    answer = server.send("POST", SIGN_IN, json=CREDENTIALS, headers=headers)
    assert (answer.status_code, answer.json()["data"]) == (403, {})


def test_a_client_cannot_prepend_an_address_to_what_the_proxy_adds(server: Server) -> None:
    su = server.superuser()
    proxy = {"headers": [FORWARDED], "useLeftmostIP": False}
    change(server, su, superuserIPs=["10.0.0.1"], trustedProxy=proxy)
    for value, status in [
        ("10.0.0.1, 6.6.6.6", 403),
        ("10.0.0.1, 6.6.6.6, nonsense", 403),
        ("6.6.6.6, 10.0.0.1", 200),
        ("nonsense", 403),
    ]:
        answer = server.send("GET", HEALTH, headers={**su, FORWARDED: value})
        assert (value, answer.status_code) == (value, status)
    # a second header of the client's own, before the one of the proxy
    pairs = [*su.items(), (FORWARDED, "10.0.0.1"), (FORWARDED, "6.6.6.6")]
    assert server.send("GET", HEALTH, headers=pairs).status_code == 403


def test_every_route_is_closed_and_guests_and_users_are_not_concerned(server: Server) -> None:
    su = server.superuser()
    app = server.app

    @app.on_settings_list_request
    async def never(_: object) -> None:
        raise AssertionError("reached")

    change(server, su, superuserIPs=["10.0.0.1"])
    for method, path in [
        ("GET", HEALTH),
        ("GET", "/api/settings"),
        ("PATCH", "/api/settings"),
        ("GET", "/api/collections"),
        ("GET", "/api/collections/users/records"),
        ("POST", "/api/collections/_superusers/auth-refresh"),
        ("POST", "/api/sql"),
        ("GET", "/nope"),
        ("GET", "/_/"),
    ]:
        answer = server.send(method, path, headers=su)
        assert (path, answer.status_code) == (path, 403)
    assert server.send("GET", HEALTH).status_code == 200
    assert server.send("POST", SIGN_IN, json={**CREDENTIALS, "password": "x"}).status_code == 400


def test_a_listed_superuser_may_come(server: Server) -> None:
    su = server.superuser()
    change(server, su, superuserIPs=["10.0.0.0/8", "127.0.0.0/24"])
    assert server.send("GET", "/api/settings", headers=su).status_code == 200
    assert server.send("POST", SIGN_IN, json=CREDENTIALS).status_code == 200


@pytest.mark.parametrize("headers", SPOOFS)
def test_a_spoofed_address_neither_excludes_nor_gives_a_new_window(
    server: Server, headers: dict[str, str]
) -> None:
    su = server.superuser()
    rules = [{"label": HEALTH, "duration": 1000, "maxRequests": 1}]
    limits = {"enabled": True, "rules": rules, "excludedIPs": ["10.0.0.1"]}
    change(server, su, rateLimits=limits)
    assert server.send("GET", HEALTH).status_code == 200
    assert server.send("GET", HEALTH, headers=headers).status_code == 429


def test_an_excluded_client_is_not_limited(server: Server) -> None:
    su = server.superuser()
    rules = [{"label": HEALTH, "duration": 1000, "maxRequests": 1}]
    change(server, su, rateLimits={"enabled": True, "rules": rules, "excludedIPs": [HOME]})
    assert {server.send("GET", HEALTH).status_code for _ in range(3)} == {200}


def test_a_file_token_opens_nothing_from_elsewhere(server: Server) -> None:
    su = server.superuser()
    body = {"name": "docs", "fields": [{"name": "doc", "type": "file", "protected": True}]}
    assert server.send("POST", "/api/collections", json=body, headers=su).status_code == 200
    records = "/api/collections/docs/records"
    made = server.send("POST", records, files={"doc": ("a.txt", b"secret")}, headers=su).json()
    token = server.send("POST", "/api/files/token", headers=su).json()["token"]
    path = f"/api/files/docs/{made['id']}/{made['doc']}?token={token}"
    assert server.send("GET", path).content == b"secret"
    change(server, su, superuserIPs=["10.0.0.1"])
    assert server.send("POST", "/api/files/token", headers=su).status_code == 403
    for headers in ({}, *SPOOFS):
        assert server.send("GET", path, headers=headers).status_code == 404

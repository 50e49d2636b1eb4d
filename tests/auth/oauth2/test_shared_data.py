"""One data directory: whoever signed in through a provider is known to the other server too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.auth.oauth2.scripted_provider import ScriptedProvider, make_code
from tests.auth.oauth2.site import USERS, proven
from tests.servers import Server, start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[[Path], Server]


def start_ours(folder: Path) -> Server:
    return start_pbpy(folder, password_hash="bcrypt")


def configure(server: Server, provider: ScriptedProvider) -> None:
    oauth2 = {"enabled": True, "providers": [provider.settings()]}
    headers = {"Authorization": server.superuser_token}
    path = server.base_url + USERS
    assert httpx.patch(path, json={"oauth2": oauth2}, headers=headers).status_code == 200


def enter(server: Server, **claims: Any) -> dict[str, Any]:
    body = {"provider": "oidc", "code": make_code(claims)}
    answer = httpx.post(f"{server.base_url}{USERS}/auth-with-oauth2", json=body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


@pytest.mark.parametrize(
    ("first", "second"),
    [(start_pocketbase, start_ours), (start_ours, start_pocketbase)],
    ids=["PocketBase first", "pbpy first"],
)
def test_links_and_tokens_are_shared(
    first: Start, second: Start, provider: ScriptedProvider, tmp_path: Path
) -> None:
    with first(tmp_path) as server:
        configure(server, provider)
        before = enter(server, sub="1", **proven("a@x.org"))
    with second(tmp_path) as server:
        again = enter(server, sub="1")
        headers = {"Authorization": before["token"]}
        refreshed = httpx.post(f"{server.base_url}{USERS}/auth-refresh", headers=headers)
    assert again["meta"]["isNew"] is False
    assert again["record"]["id"] == before["record"]["id"]
    assert refreshed.status_code == 200

"""SEC-18: a collection that is shown neither leaks nor loses the secrets of its providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Server

MEMBERS = "/api/collections/members"
PROVIDER = {"name": "github", "clientId": "id", "clientSecret": "hush"}


def stored_secret(server: Server) -> str:
    """Return the secret as the cache and, read anew, as the database has it."""
    server.run(server.app.reload_catalog())
    auth = server.app.get_collection("members").auth
    assert auth is not None
    return auth.oauth2.providers[0].client_secret


def shown(server: Server, su: dict[str, str]) -> list[str]:
    """Return every answer that shows the collection."""
    paths = (
        MEMBERS,
        "/api/collections",
        MEMBERS + "?fields=oauth2.providers.clientSecret,oauth2",
        MEMBERS + "/auth-methods",
    )
    return [server.send("GET", path, headers=su).text for path in paths]


def test_the_client_secret_stays_and_is_not_shown(tmp_path: Path) -> None:
    app = App(Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt"))
    with open_server(app) as server:
        su = server.superuser()
        oauth2 = {"enabled": True, "providers": [PROVIDER]}
        body: dict[str, Any] = {"name": "members", "type": "auth", "oauth2": oauth2}
        made = server.send("POST", "/api/collections", json=body, headers=su)
        assert made.status_code == 200, made.text
        texts = [made.text, *shown(server, su)]
        changed = server.send("PATCH", MEMBERS, json={"listRule": ""}, headers=su)
        texts += [changed.text, *shown(server, su)]
        assert stored_secret(server) == "hush"
        again = server.send("PATCH", MEMBERS, json={"oauth2": {"enabled": True}}, headers=su)
        texts.append(again.text)
        assert stored_secret(server) == "hush"
        assert not any("hush" in text for text in texts)

"""An application whose users sign in through a scripted provider."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server
from tests.auth.oauth2.scripted_provider import make_code, run_provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.api.conftest import Server
    from tests.auth.oauth2.scripted_provider import ScriptedProvider

PASSWORD = "1234567890"
USERS = "/api/collections/users"


class Site:
    """The server, the provider, and what tests do with both."""

    def __init__(self, server: Server, provider: ScriptedProvider) -> None:
        self.server = server
        self.provider = provider
        self.root = server.superuser()

    @property
    def app(self) -> App:
        return self.server.app

    def configure(self, *providers: dict[str, Any], **changes: Any) -> None:
        """Set the providers of `users` and other options of the collection."""
        oauth2 = {"enabled": True, "providers": list(providers), **changes.pop("oauth2", {})}
        body = {"oauth2": oauth2, **changes}
        answer = self.server.send("PATCH", USERS, json=body, headers=self.root)
        assert answer.status_code == 200, answer.text

    def send(self, code: str, name: str = "oidc", **form: Any) -> httpx.Response:
        """Send a code; `headers` are those of the request."""
        headers = form.pop("headers", None)
        body = {"provider": name, "code": code, **form}
        path = USERS + "/auth-with-oauth2"
        return self.server.send("POST", path, json=body, headers=headers)

    def enter(
        self,
        *,
        name: str = "oidc",
        data: dict[str, Any] | None = None,
        script: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **claims: Any,
    ) -> httpx.Response:
        """Sign in as the user whom the claims describe; data is `createData`."""
        code = make_code(claims, **(script or {}))
        return self.send(code, name, createData=data, headers=headers)

    def add(self, email: str, **values: Any) -> dict[str, Any]:
        """Create a user with PASSWORD; return the answer of its sign-in."""
        credentials = {"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD}
        path = USERS + "/records"
        made = self.server.send("POST", path, json={**credentials, **values}, headers=self.root)
        assert made.status_code == 200, made.text
        answer: dict[str, Any] = self.with_password(email).json()
        return answer

    def with_password(self, identity: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in by password."""
        body = {"identity": identity, "password": password}
        return self.server.send("POST", USERS + "/auth-with-password", json=body)

    def refresh(self, token: str) -> httpx.Response:
        """Ask for a new token."""
        return self.server.send("POST", USERS + "/auth-refresh", headers={"Authorization": token})

    def records(self, collection: str = "users") -> list[dict[str, Any]]:
        """Return all records of a collection, in the order of their creation."""
        path = f"/api/collections/{collection}/records?sort=@rowid"
        items: list[dict[str, Any]] = self.server.send("GET", path, headers=self.root).json()[
            "items"
        ]
        return items

    def links(self) -> list[tuple[str, str, str]]:
        """Return record, provider and the provider's id of all links."""
        keys = ("recordRef", "provider", "providerId")
        return [(*(link[key] for key in keys),) for link in self.records("_externalAuths")]


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Open a fresh application, whose `users` know the provider as `oidc`."""
    config = Config(data_dir=folder / "pb_data", public_dir=folder / "pb_public")
    with run_provider() as provider, open_server(App(config)) as server:
        site = Site(server, provider)
        site.configure(provider.settings())
        yield site


def proven(email: str, **claims: Any) -> dict[str, Any]:
    """Return the claims of a user with a verified email."""
    return {"email": email, "email_verified": True, **claims}

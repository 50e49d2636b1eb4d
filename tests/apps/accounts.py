"""People who use the applications: their ids and the headers of their requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pbpy.auth.tokens import issue_auth_token
from pbpy.records.record import Record
from tests.apps.rows import user

if TYPE_CHECKING:
    import httpx

    from tests.api.conftest import Server


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is signed in."""

    server: Server
    id: str
    headers: dict[str, str]

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Send a request below `/api/collections/`."""
        url = f"/api/collections/{path}"
        if body is not None:
            options["json"] = body
        return self.server.send(method, url, headers=self.headers, **options)

    def make(self, collection: str, body: Any) -> Any:
        """Create a record that must be accepted; return it."""
        answer = self.send("POST", f"{collection}/records", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def change(self, collection: str, record_id: str, body: Any) -> Any:
        """Change a record, which must be accepted; return it."""
        answer = self.send("PATCH", f"{collection}/records/{record_id}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, collection: str, **query: str) -> list[Any]:
        """Return the records of a collection."""
        answer = self.send("GET", f"{collection}/records", params={"perPage": 1000, **query})
        items: list[Any] = answer.json()["items"]
        return items


def sign_up(server: Server, name: str, **values: Any) -> Account:
    """Create a user and sign it in."""
    record = Record(server.app.get_collection("users"), user(name, **values))
    server.run(server.app.save(record))
    return Account(server, record.id, {"Authorization": issue_auth_token(record)})


def superuser(server: Server) -> Account:
    """Create the superuser and sign it in."""
    return Account(server, "", server.superuser())

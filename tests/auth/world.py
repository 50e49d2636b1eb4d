"""An application with an auth collection, a mail server and a client: the world of these tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pbpy.records.record import Record
from pbpy.settings.model import Smtp

if TYPE_CHECKING:
    import httpx

    from pbpy.app import App
    from tests.api.conftest import Server
    from tests.mailbox import Mail, Mailbox

PASSWORD = "1234567890"
NEW_PASSWORD = "0987654321"
ANNA = "anna@example.com"


class World:
    """The server, the mails it sends, and what tests do with both."""

    def __init__(self, server: Server, mailbox: Mailbox) -> None:
        self.server = server
        self.mailbox = mailbox
        self.send_mails_to(mailbox)

    @property
    def app(self) -> App:
        return self.server.app

    def send_mails_to(self, mailbox: Mailbox | None, **changes: Any) -> None:
        """Set the settings; None for a server that is not there."""
        smtp = {"enabled": True, "host": "127.0.0.1", "port": mailbox.port if mailbox else 1}
        state = self.app._state
        state.settings = replace(state.settings, smtp=Smtp().merged({**smtp, **changes}))

    def options(self, **changes: Any) -> None:
        """Change options of `users`."""
        collection = self.app.get_collection("users")
        assert collection.auth is not None
        auth = collection.auth.merged(changes)
        self.server.run(self.app.save(replace(collection, auth=auth)))

    def add(self, email: str = ANNA, **values: Any) -> Record:
        """Create a user."""
        record = Record(self.app.get_collection("users"), {"email": email, **values})
        record.set_password(PASSWORD)
        self.server.run(self.app.save(record))
        return self.get(record)

    def get(self, record: Record) -> Record:
        """Return a user as it is stored."""
        found = self.server.run(self.app.find_record(record.collection.name, record.id))
        assert found is not None
        return found

    def rows(self, collection: str) -> list[Record]:
        return self.server.run(self.app.find_records(collection, sort="created,id"))

    def post(self, action: str, body: Any = None, **options: Any) -> httpx.Response:
        """Send a request to an action of `users`, and wait for what goes on after it."""
        path = f"/api/collections/users/{action}"
        answer = self.server.send("POST", path, json=body or {}, **options)
        self.server.run(self.app.background.wait())
        return answer

    def sign_in(self, email: str = ANNA, password: str = PASSWORD, **more: Any) -> httpx.Response:
        headers = more.pop("headers", None)
        body = {"identity": email, "password": password, **more}
        return self.post("auth-with-password", body, headers=headers)

    def token(self, email: str = ANNA, password: str = PASSWORD) -> dict[str, str]:
        """Return the headers of a user's requests."""
        return {"Authorization": self.sign_in(email, password).json()["token"]}

    def last_mail(self) -> Mail:
        assert self.mailbox.mails
        return self.mailbox.mails[-1]


def codes(answer: httpx.Response) -> dict[str, str]:
    """Return the validation codes of a refusal by key."""
    assert answer.status_code == 400, answer.text
    return {key: error["code"] for key, error in answer.json()["data"].items()}

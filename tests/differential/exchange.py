"""Send one step to one server and keep what the server said."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.differential.steps import Json, Step
    from tests.servers import Server

_REFERENCE = re.compile(rb"\{(\w+)\.([\w.]+)\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, or the reason why there is none (status 0)."""

    status: int
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header by its lower-case name; repeated ones are joined by a comma."""
        return self.headers.get(name.lower())


@dataclass(eq=False)
class Side:
    """One server with a keep-alive connection and the answers saved by name."""

    server: Server
    saved: dict[str, Json] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Forget the saved answers and close the connection."""
        self.saved.clear()
        self.disconnect()

    def exchange(self, step: Step) -> Answer:
        """Send the step, return the answer and save it if the step wants that."""
        try:
            answer = self._send(step)
        except (OSError, http.client.HTTPException) as error:
            self.disconnect()
            return Answer(0, {}, f"no answer: {type(error).__name__} {error}".encode())
        if step.save:
            self.saved[step.save] = decode_json(answer.body)
        return answer

    def _send(self, step: Step) -> Answer:
        body = None if step.body is None else self._fill(step.body)
        connection = self._connection or self.server.connect()
        self._connection = connection
        connection.putrequest(
            step.method, self._fill(step.path.encode()).decode(), skip_accept_encoding=True
        )
        headers = self._headers(step, body)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        if response.will_close or _is_cut(headers, body):
            self.disconnect()
        return Answer(response.status, _joined(response.getheaders()), content)

    def _headers(self, step: Step, body: bytes | None) -> dict[str, str]:
        headers: dict[str, str] = {}
        if token := self._token(step.actor):
            headers["Authorization"] = token
        if step.content_type:
            headers["Content-Type"] = step.content_type
        if body is not None:
            headers["Content-Length"] = str(len(body))
        for name, value in step.headers:
            headers[name] = self._fill(value.encode()).decode()
        if "Transfer-Encoding" in headers:
            headers.pop("Content-Length", None)
        return headers

    def _token(self, actor: str) -> str:
        if actor == "su":
            return self.server.superuser_token
        if actor == "guest":
            return ""
        saved = self.saved.get(actor)
        return str(saved.get("token", "")) if isinstance(saved, dict) else ""

    def _fill(self, text: bytes) -> bytes:
        return _REFERENCE.sub(self._value_of, text)

    def _value_of(self, match: re.Match[bytes]) -> bytes:
        name, path = match[1].decode(), match[2].decode()
        if name not in self.saved:
            return match[0]
        value = self.saved[name]
        for key in path.split("."):
            value = _child(value, key)
        return str(value).encode()

    def disconnect(self) -> None:
        """Close the connection; the next step opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def decode_json(body: bytes) -> Json:
    """Return the decoded body, or None if it is no JSON."""
    with contextlib.suppress(ValueError):
        return json.loads(body)
    return None


def _is_cut(headers: dict[str, str], body: bytes | None) -> bool:
    """Tell whether fewer bytes were sent than announced, so the connection is of no more use."""
    return int(headers.get("Content-Length", len(body or b""))) != len(body or b"")


def _child(value: Json, key: str) -> Json:
    if isinstance(value, dict):
        return value.get(key, "missing")
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return value[int(key)]
    return "missing"


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers

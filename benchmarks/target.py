"""One server under load: its requests as bytes, and a plain JSON client for the set-up."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from benchmarks.rows import AUTHOR_PASSWORD, author_email

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers import Server

Json = Any


class ApiError(Exception):
    """An answer of the set-up that was no 2xx."""


class Target:
    """A started server, with the tokens that scenarios need."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = server.name

    @property
    def session(self) -> int:
        """The id of the process session that all processes of the server belong to."""
        return self.server.process.pid

    @cached_property
    def author_token(self) -> str:
        """The token of the first author."""
        body = {"identity": author_email(0), "password": AUTHOR_PASSWORD}
        token: str = self.call("POST", "/api/collections/authors/auth-with-password", body)["token"]
        return token

    def call(self, method: str, path: str, body: Json = None, token: str = "") -> Json:
        """Send one request on a new connection; return the decoded body, raise ApiError."""
        status, answer = self.exchange(request(method, path, body, token))
        if not 200 <= status < 300:
            raise ApiError(f"{self.name}: {method} {path}: {status} {answer[:400]!r}")
        return json.loads(answer) if answer else None

    def root(self, method: str, path: str, body: Json = None) -> Json:
        """Send one request as superuser."""
        return self.call(method, path, body, self.server.superuser_token)

    def exchange(self, raw: bytes, timeout_s: float = 120.0) -> tuple[int, bytes]:
        """Send prepared bytes; return status and body."""
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *lines = head.decode("ascii").split("\r\n")
        method, path, _ = line.split(" ")
        headers = dict(item.split(": ", 1) for item in lines)
        connection = self.server.connect(timeout_s)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def request(method: str, path: str, body: Json = None, token: str = "") -> bytes:
    """Return the bytes of one HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: {token}")
    content = b""
    if body is not None:
        content = json.dumps(body).encode()
        lines.append("Content-Type: application/json")
    if content or method == "POST":
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + content


def records_path(collection: str, query: Mapping[str, object] | None = None) -> str:
    """Return the path of a collection's records."""
    path = f"/api/collections/{collection}/records"
    return f"{path}?{urlencode(query)}" if query else path

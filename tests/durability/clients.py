"""A keep-alive JSON client, and many of them at once."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers import Server

T = TypeVar("T")
JSON_TYPE = "application/json"


class Reply(NamedTuple):
    """Status and body of an answer."""

    status: int
    content: bytes

    @property
    def json(self) -> Any:
        """The decoded body, None if it is empty."""
        return json.loads(self.content) if self.content else None


class RefusedError(Exception):
    """The server gave an answer that is no success."""


class Client:
    """One superuser on one keep-alive connection; a context manager."""

    def __init__(self, server: Server) -> None:
        self._connection = server.connect()
        self._token = server.superuser_token

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> Reply:
        """Send a JSON body and return any answer."""
        if body is None:
            return self.send(method, path)
        return self.send(method, path, json.dumps(body).encode(), JSON_TYPE)

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Reply:
        """Send a body verbatim and return any answer."""
        headers = {"Authorization": self._token}
        if kind:
            headers["Content-Type"] = kind
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return Reply(response.status, response.read())

    def get(self, path: str) -> Any:
        """GET and decode JSON; raise RefusedError if that is no success."""
        return accepted(self.ask("GET", path), path).json

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """Send a JSON body and decode the answer; raise RefusedError if it is no success."""
        return accepted(self.ask(method, path, body), f"{method} {path}").json

    def records(self, collection: str) -> list[dict[str, Any]]:
        """Return every record of a collection."""
        found: list[dict[str, Any]] = []
        path = f"/api/collections/{collection}/records?perPage=1000&sort=@rowid&page="
        while items := self.get(f"{path}{len(found) // 1000 + 1}")["items"]:
            found += items
            if len(items) < 1000:
                break
        return found


def accepted(reply: Reply, request: str) -> Reply:
    """Return the reply, or raise RefusedError if it is no success."""
    if reply.status >= http.client.BAD_REQUEST:
        raise RefusedError(f"{request}: {reply.status} {reply.content!r}")
    return reply


def together(server: Server, count: int, work: Callable[[Client, int], T]) -> list[T]:
    """Run work(client, number) in `count` threads which begin at once; return the results."""
    barrier = threading.Barrier(count)

    def run(number: int) -> T:
        with Client(server) as client:
            client.get("/api/health")
            barrier.wait()
            return work(client, number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))

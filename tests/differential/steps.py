"""Steps and scenarios: what is sent to both servers, one line per step.

    su.post("/api/collections", {"name": "t", "fields": [...]}),
    guest.get(records("t", filter="title ~ 'a'")),

An Actor makes steps. `su` is the superuser, `guest` has no token, `Actor("anna")` uses the
token of an earlier answer saved by `save="anna"`. `{name.path}` in a path, header or body is
replaced by that part of the saved answer, on each side by its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, TypedDict, Unpack
from urllib.parse import quote, unquote, urlencode

Json = Any
Headers = tuple[tuple[str, str], ...]
BOUNDARY = "differential-boundary"


class Options(TypedDict, total=False):
    """What a step may say beyond its request.

    save: name under which the decoded answer is kept.
    headers: request headers, sent as given.
    compare: names of response headers which must be equal (Content-Type always must).
    ignore_message: reason why every `message` of the answer may differ.
    unordered: the order of keys is not fixed anywhere in this answer.
    mask: pattern whose matches are equal by decree.
    title: shown in the test's id instead of the body.
    """

    save: str
    headers: dict[str, str]
    compare: tuple[str, ...]
    ignore_message: str
    unordered: bool
    mask: str
    title: str


@dataclass(frozen=True, slots=True)
class Step:
    """One request and how its two answers are compared; fields as in Options."""

    actor: str
    method: str
    path: str
    body: bytes | None = None
    content_type: str = ""
    save: str = ""
    headers: Headers = ()
    compare: tuple[str, ...] = ()
    ignore_message: str = ""
    unordered: bool = False
    mask: str = ""
    title: str = ""
    is_fixture: bool = False
    """PocketBase must accept the step, or the scenario itself is wrong."""

    @property
    def label(self) -> str:
        """Who asks what, short enough for a test's id."""
        body = "" if self.body is None else self.body.decode("utf-8", "replace")
        words = f"{self.actor} {self.method} {unquote(self.path)} {self.title or body}"
        return words.strip()[:150]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps sent in order; uses collections of its own, so that scenarios are independent."""

    name: str
    steps: tuple[Step, ...]


def fixture(step: Step) -> Step:
    """Return the step as one that PocketBase must accept."""
    return replace(step, is_fixture=True)


def leaking(step: Step) -> Step:
    """Return the step with `message` not compared: it repeats the driver's or Go's own text."""
    return replace(step, ignore_message="raw text of the database driver or of Go")


def scenario(name: str, *steps: Step | list[Step]) -> Scenario:
    """Return a Scenario of single steps and lists of steps."""
    flat: list[Step] = []
    for step in steps:
        flat.extend(step if isinstance(step, list) else [step])
    return Scenario(name, tuple(flat))


@dataclass(frozen=True, slots=True)
class Actor:
    """Makes the steps of one identity."""

    name: str

    def get(self, path: str, **options: Unpack[Options]) -> Step:
        return self.send("GET", path, **options)

    def delete(self, path: str, **options: Unpack[Options]) -> Step:
        return self.send("DELETE", path, **options)

    def post(self, path: str, body: Json = None, **options: Unpack[Options]) -> Step:
        return self.send("POST", path, encode_json(body), **options)

    def patch(self, path: str, body: Json = None, **options: Unpack[Options]) -> Step:
        return self.send("PATCH", path, encode_json(body), **options)

    def put(self, path: str, body: Json = None, **options: Unpack[Options]) -> Step:
        return self.send("PUT", path, encode_json(body), **options)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        content_type: str = "application/json",
        **options: Unpack[Options],
    ) -> Step:
        """Send a body verbatim; without a body no Content-Type is sent either."""
        data = body.encode() if isinstance(body, str) else body
        return Step(
            self.name,
            method,
            path,
            data,
            "" if data is None else content_type,
            save=options.get("save", ""),
            headers=tuple(options.get("headers", {}).items()),
            compare=options.get("compare", ()),
            ignore_message=options.get("ignore_message", ""),
            unordered=options.get("unordered", False),
            mask=options.get("mask", ""),
            title=options.get("title", ""),
        )

    def form(
        self,
        path: str,
        pairs: list[tuple[str, str]],
        method: str = "POST",
        **options: Unpack[Options],
    ) -> Step:
        """Send pairs as application/x-www-form-urlencoded."""
        kind = "application/x-www-form-urlencoded"
        return self.send(method, path, urlencode(pairs), kind, **options)

    def multipart(
        self,
        path: str,
        parts: list[Part],
        method: str = "POST",
        **options: Unpack[Options],
    ) -> Step:
        """Send parts as multipart/form-data."""
        data = b"".join(encode_part(part) for part in parts) + f"--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.send(method, path, data, kind, **options)


su = Actor("su")
guest = Actor("guest")

Part = tuple[str, str] | tuple[str, str, bytes]
"""A field (name, value) or a file (name, file name, content)."""


def encode_part(part: Part) -> bytes:
    """Return one part of a multipart body with its delimiter."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part[0]}"'
    if len(part) == 2:
        return f"{head}\r\n\r\n{part[1]}\r\n".encode()
    return f'{head}; filename="{part[1]}"\r\n\r\n'.encode() + part[2] + b"\r\n"


def encode_json(value: Json) -> bytes | None:
    """Return compact JSON; None means no body."""
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def with_query(path: str, **query: Json) -> str:
    """Return the path with a percent-encoded query."""
    pairs = "&".join(f"{key}={quote(str(value), safe='{}')}" for key, value in query.items())
    return f"{path}?{pairs}" if pairs else path


def records(collection: str, record_id: str = "", **query: Json) -> str:
    """Return the path of a collection's records or of one record."""
    path = f"/api/collections/{collection}/records"
    return with_query(f"{path}/{record_id}" if record_id else path, **query)


def collections(name: str = "", **query: Json) -> str:
    """Return the path of the collections or of one collection."""
    return with_query(f"/api/collections/{name}" if name else "/api/collections", **query)


def auth(collection: str, action: str, **query: Json) -> str:
    """Return the path of an auth action."""
    return with_query(f"/api/collections/{collection}/{action}", **query)

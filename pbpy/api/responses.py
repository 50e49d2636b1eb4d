"""Answers as values: an endpoint returns one, the edge sends it.

    Json(value)          orjson's bytes; `?fields=` is applied to a 2xx answer
    EncodedJson(bytes)   JSON that is encoded and picked already
    NoContent()          204
    Redirect(url)        307
    Text(text), Html(text), Response(status, body, headers)
    Stream(chunks)       an endless or unknown length; closed when the server stops

Files have `file_response.py`. What else an endpoint may return says `as_response`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from pbpy.records.encode import encode_record
from pbpy.records.picker import pick
from pbpy.records.record import Record
from pbpy.schema.collection import Collection
from pbpy.schema.encode import encode_collection

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pbpy.errors import JsonValue

Header: TypeAlias = tuple[bytes, bytes]

_JSON_TYPE = (b"content-type", b"application/json")
_TEXT_TYPE = (b"content-type", b"text/plain; charset=utf-8")
_HTML_TYPE = (b"content-type", b"text/html; charset=utf-8")


class Response:
    """A status, headers (names in lower case, without Content-Length) and a complete body."""

    __slots__ = ("body", "headers", "status")

    frameable = False
    """Whether pages of other sites may show it in a frame."""

    is_stream = False
    """Whether it goes on until its client leaves or the server stops."""

    def __init__(
        self, status: int = 200, body: bytes = b"", headers: Iterable[Header] = ()
    ) -> None:
        self.status = status
        self.body = body
        self.headers: list[Header] = list(headers)

    def prepare(self, query: dict[str, str]) -> None:
        """Make the body, once; may raise what the error table knows."""

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send head and body; a HEAD request gets the head alone."""
        body = self.body
        if scope["method"] != "HEAD":
            if body or self.status not in _WITHOUT_BODY:
                self.headers.append((b"content-length", str(len(body)).encode()))
        else:
            # PocketBase: errors and redirects write nothing for HEAD, so they have no length
            if body and self.status < _REDIRECTS:
                self.headers.append((b"content-length", str(len(body)).encode()))
            body = b""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": body})


_WITHOUT_BODY = frozenset((204, 304))
_REDIRECTS = 300


class EncodedJson(Response):
    """JSON text that needs nothing more."""

    __slots__ = ()

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.status = status
        self.body = body
        self.headers = [_JSON_TYPE]


class Json(Response):
    """A value that orjson encodes; `is_page` says that `?fields=` is about its `items`."""

    __slots__ = ("is_page", "value")

    def __init__(self, value: JsonValue, status: int = 200, *, is_page: bool = False) -> None:
        super().__init__(status, headers=(_JSON_TYPE,))
        self.value = value
        self.is_page = is_page

    def prepare(self, query: dict[str, str]) -> None:
        """Pick the asked fields of a 2xx answer and encode it.

        Raises:
            BadRequest: `fields` has an unknown modifier or a wrong argument.
        """
        value = self.value
        fields = query.get("fields")
        if fields and 200 <= self.status <= 299:
            value = _picked_page(value, fields) if self.is_page else pick(value, fields)
        self.body = orjson.dumps(value)


def _picked_page(page: dict[str, Any], fields: str) -> dict[str, Any]:
    return {**page, "items": pick(page["items"], fields)}


class NoContent(Response):
    """204, or another status without a body."""

    __slots__ = ()

    def __init__(self, status: int = 204) -> None:
        super().__init__(status)


class Redirect(Response):
    """A redirect; url goes out as it is."""

    __slots__ = ()

    def __init__(self, url: str, status: int = 307) -> None:
        super().__init__(status, headers=((b"location", url.encode()),))


class Text(Response):
    """Plain text."""

    __slots__ = ()

    def __init__(self, text: str, status: int = 200) -> None:
        super().__init__(status, text.encode(), (_TEXT_TYPE,))


class Html(Response):
    """An HTML page."""

    __slots__ = ()

    def __init__(self, text: str, status: int = 200) -> None:
        super().__init__(status, text.encode(), (_HTML_TYPE,))


class Stream(Response):
    """Chunks as they come, sent at once; closed when the server stops."""

    __slots__ = ("chunks",)

    is_stream = True

    def __init__(
        self,
        chunks: AsyncIterable[bytes],
        content_type: str,
        status: int = 200,
        headers: Iterable[Header] = (),
    ) -> None:
        super().__init__(status, headers=((b"content-type", content_type.encode()), *headers))
        self.chunks = chunks

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, then every chunk."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if scope["method"] != "HEAD":
            async for chunk in self.chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class AsgiResponse(Response):
    """An ASGI application that answers by itself, with the edge's headers added."""

    __slots__ = ("_app",)

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self.headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def as_response(result: Any) -> Response:
    """Return the answer for what an endpoint returned instead of a Response.

    Text and None are themselves, an ASGI application (such as a Starlette response) answers by
    itself, and anything else is JSON, in which records and collections may stand.

    Raises:
        TypeError: something in it has no JSON form.
    """
    if result is None:
        return NoContent()
    if isinstance(result, str):
        return Text(result)
    if callable(result):
        return AsgiResponse(result)
    # orjson would show all of a dataclass, a collection's secrets among it
    option = orjson.OPT_PASSTHROUGH_DATACLASS
    return Json(orjson.Fragment(orjson.dumps(result, default=_public_form, option=option)))


def _public_form(value: Any) -> Any:
    if isinstance(value, Record):
        return encode_record(value)
    if isinstance(value, Collection):
        return orjson.Fragment(encode_collection(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")

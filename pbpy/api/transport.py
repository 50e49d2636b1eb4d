"""What happens before routing and around the server: targets, redirects, refusals.

These answers come from Go's HTTP server in PocketBase, so no middleware adds to them.
"""

from __future__ import annotations

import asyncio
import contextlib
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from pbpy.api.responses import Json, Response, Text
from pbpy.errors import ApiError

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

CLOSE = (b"connection", b"close")
SERVICE_UNAVAILABLE = 503
LINGER_S = 2.0
"""How long a refused body is still read, so that its sender gets to see the answer."""

_HTML_TYPE = (b"content-type", b"text/html; charset=utf-8")


def raw_path(scope: Scope) -> str:
    """Return the percent-encoded path below the mount point, without the query."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    if path[:1] != "/":
        path = _from_absolute(path)
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def _from_absolute(target: str) -> str:
    """Return the path of a target in absolute form, `http://host/path`; "/" for others."""
    _, found, rest = target.partition("://")
    slash = rest.find("/")
    return rest[slash:] if found and slash >= 0 else "/"


def redirect(scope: Scope, path: str) -> Response:
    """Return the redirect of Go's ServeMux to a clean path."""
    query = scope["query_string"].decode("latin-1")
    url = scope.get("root_path", "") + path + ("?" + query if query else "")
    location = (b"location", url.encode())
    if scope["method"] not in ("GET", "HEAD"):
        return Response(307, b"", [location])
    body = f'<a href="{escape(url)}">Temporary Redirect</a>.\n\n'
    return Response(307, body.encode(), [_HTML_TYPE, location])


def bad_request(scope: Scope) -> Response:
    """Return the answer to a target that is no URL."""
    response = Text("400 Bad Request", 400)
    _close(scope, response)
    return response


def unavailable(scope: Scope) -> Response:
    """Return the answer of a server that is stopping."""
    response = Json(ApiError(SERVICE_UNAVAILABLE, "The server is stopping.").to_json(), 503)
    response.prepare({})
    _close(scope, response)
    return response


async def refuse_body(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer whose request body is not wanted, and have the connection closed.

    A connection that is closed while the client still sends is reset, and takes the answer
    with it; so what comes is read and dropped for a moment before the answer ends.
    """
    _close(scope, response)

    async def send_then_drain(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await send({**message, "more_body": True})
            await _drain(receive)
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    await response.send(scope, receive, send_then_drain)


async def _drain(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while (await receive()).get("more_body", False):
                continue


def _close(scope: Scope, response: Response) -> None:
    if scope["http_version"] < "2":
        response.headers.append(CLOSE)

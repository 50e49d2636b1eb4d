"""Requests that another worker has to answer, because it has the stream they are about.

The worker that got the request passes on its head and its body; the answer comes back as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from pbpy.api.middleware.auth import load_auth_token
from pbpy.api.middleware.recover import recover
from pbpy.api.request import ApiRequest
from pbpy.api.responses import Response
from pbpy.bus.bus import WORKER_ID_LENGTH, Message
from pbpy.errors import WorkerGone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message as AsgiMessage
    from starlette.types import Scope

    from pbpy.api.router import Handler
    from pbpy.app import App
    from pbpy.errors import JsonValue

_COPIED: Final = ("type", "http_version", "method", "path", "root_path", "client")
_BODY_HEADERS: Final = frozenset((b"content-type", b"content-length", b"transfer-encoding"))


async def pass_on(
    request: ApiRequest, kind: str, client_id: str, form: JsonValue
) -> Response | None:
    """Have the worker answer that gave a realtime client its id.

    Args:
        request: the one that this worker has got.
        kind: what the other worker listens for, see `answer_others`.
        client_id: names the worker.
        form: the members of the body that matter; of a multipart body nothing else is passed on.

    Returns:
        Its answer; None when there is no such other worker.
    """
    bus = request.app.bus
    worker = client_id[:WORKER_ID_LENGTH]
    if bus.is_alone or worker == bus.worker:
        return None
    try:
        answer = await bus.send(worker, Message(kind, _pack(request, form)))
    except WorkerGone:
        return None
    if not answer:
        return None
    head, _, body = answer.partition(b"\n")
    status, headers = orjson.loads(head)
    return Response(status, body, _to_bytes(headers))


def answer_others(app: App, kind: str, handler: Handler) -> None:
    """Have a handler answer what other workers pass on from now on."""

    async def answer(message: Message) -> bytes:
        request = _unpack(app, message.data, handler)
        response = await recover(request, _load_auth_and_run)
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers
        ]
        return orjson.dumps([response.status, headers]) + b"\n" + response.body

    app.bus.subscribe(kind, answer)


async def _load_auth_and_run(request: ApiRequest) -> Response:
    async def run(request: ApiRequest) -> Response:
        return await request.handler(request)

    return await load_auth_token(request, run)


def _pack(request: ApiRequest, form: JsonValue) -> bytes:
    scope, body = request.scope, request.body
    headers = scope["headers"]
    if not body:  # it was read piece by piece
        body = orjson.dumps(form)
        headers = [header for header in headers if header[0] not in _BODY_HEADERS]
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    head = {
        **{key: scope.get(key) for key in _COPIED},
        "query_string": scope["query_string"].decode("latin-1"),
        "headers": [[part.decode("latin-1") for part in header] for header in headers],
    }
    return orjson.dumps(head) + b"\n" + body


def _unpack(app: App, data: bytes, handler: Handler) -> ApiRequest:
    head, _, body = data.partition(b"\n")
    scope: Scope = orjson.loads(head)
    scope["query_string"] = scope["query_string"].encode("latin-1")
    scope["headers"] = list(_to_bytes(scope["headers"]))

    async def receive() -> AsgiMessage:
        return {"type": "http.request", "body": body, "more_body": False}

    return ApiRequest(app, scope, receive, {}, handler)


def _to_bytes(headers: list[list[str]]) -> Iterator[tuple[bytes, bytes]]:
    return ((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)

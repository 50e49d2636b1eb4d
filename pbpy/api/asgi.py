"""The ASGI application: one request from the server's hands to its answer, and the lifespan."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from pbpy.api import realtime
from pbpy.api.disconnects import Disconnects, Watch
from pbpy.api.incoming_body import ClientGone
from pbpy.api.middleware.auth import load_auth_token
from pbpy.api.middleware.cors import Cors
from pbpy.api.middleware.recover import recover
from pbpy.api.middleware.security import add_security_headers
from pbpy.api.passed_on import answer_others
from pbpy.api.request import ApiRequest
from pbpy.api.routes import build_router
from pbpy.api.streams import Streams
from pbpy.api.transport import (
    CLOSE,
    bad_request,
    raw_path,
    redirect,
    refuse_body,
    unavailable,
)
from pbpy.hooks.events import ServeEvent
from pbpy.start import prepare

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TypeAlias

    from starlette.types import Receive, Scope, Send

    from pbpy.api.responses import Response
    from pbpy.api.router import Handler
    from pbpy.app import App

    Middleware: TypeAlias = Callable[[ApiRequest, Handler], Awaitable[Response]]

_BODY_REFUSED = frozenset((408, 413))
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def create_asgi(app: App) -> Edge:
    """Return the ASGI application of app; its lifespan opens and closes app."""
    return Edge(app)


class Edge:
    """Routes, middlewares and the requests that run now."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._router = build_router(app)
        self._answer = _chain(
            [Cors(app.config.origins), add_security_headers, recover, load_auth_token],
            _run_endpoint,
        )
        self._disconnects = Disconnects()
        self._streams = Streams()
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; open and close the application for a lifespan."""
        if scope["type"] == "http":
            await self.http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    def stop(self) -> None:
        """Refuse new requests with 503 and end the streams; running requests go on."""
        self._stopping = True
        self._streams.stop()

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._stopping:
            await unavailable(scope).send(scope, receive, send)
            return
        path = raw_path(scope)
        if "%" in path and _BAD_ESCAPE.search(path):
            await bad_request(scope).send(scope, receive, send)
            return
        entry, params, target = self._router.match(scope["method"], path)
        if entry is None:
            await redirect(scope, target).send(scope, receive, send)
            return
        request = ApiRequest(self._app, scope, receive, params, entry.handler)
        watch = Watch(self._disconnects, request)
        try:
            with watch:
                response = await self._answer(request)
            if b"transfer-encoding" in request.headers and b"content-length" in request.headers:
                response.headers.append(CLOSE)  # RFC 9112 6.1: the next request may be smuggled
            if response.is_stream:
                await self._streams.send(request, response, scope, receive, send)
            elif response.status not in _BODY_REFUSED and (
                not request.has_body or await request.skip_body()
            ):
                await response.send(scope, receive, send)
            else:
                await refuse_body(response, scope, receive, send)
        except ClientGone:
            return
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not watch.gone or task is None or task.uncancel() > 0:
                raise
        finally:
            request.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._app.open()
            await announce(self._app)
            self._router = build_router(self._app)  # with the routes that serve hooks added
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.stop()
        await self._app.close()
        await send({"type": "lifespan.shutdown.complete"})


async def announce(app: App) -> None:
    """Prepare the open application for the requests that will come, and call the serve hook.

    Raises:
        MigrationError: a migration cannot be applied.
    """
    await prepare(app)
    await call_serve_hook(app)


async def call_serve_hook(app: App) -> None:
    """Call the serve hook: the process is about to accept requests, other workers' included."""
    answer_others(app, realtime.SUBSCRIBE, realtime.set_subscriptions)

    async def go_on(_: ServeEvent) -> None:
        return

    await app.on_serve.trigger(ServeEvent(app), go_on)


async def _run_endpoint(request: ApiRequest) -> Response:
    return await request.handler(request)


def _chain(middlewares: Sequence[Middleware], innermost: Handler) -> Handler:
    """Return one handler; the first middleware is the outermost."""
    handler = innermost
    for middleware in reversed(middlewares):
        handler = _wrap(middleware, handler)
    return handler


def _wrap(middleware: Middleware, inner: Handler) -> Handler:
    def call(request: ApiRequest) -> Awaitable[Response]:
        return middleware(request, inner)

    return call

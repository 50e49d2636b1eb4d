"""IncomingBody: the bytes of a request's body as they arrive, within limits of size and time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pbpy.errors import ApiError, ContentTooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope

DEFAULT_BODY_LIMIT: Final = 32 << 20
BODY_TIMEOUT_S: Final = 300.0
_SKIPPED_BYTES: Final = 256 << 10
"""Up to this size and for this time the rest of a body is read that nobody asked for."""

_SKIP_TIMEOUT_S: Final = 2.0
_REQUEST_TIMEOUT: Final = 408


class ClientGone(Exception):
    """The client went away before its request was complete; nobody waits for an answer."""


class IncomingBody:
    """What `ApiRequest` knows of bytes; a base and no member, since every request makes one.

    Attributes:
        scope: the ASGI scope.
        headers: first value of each header; names in lower case.
        content_length: the declared length; None where there is none, as in a chunked body.
        body_limit: the largest body in bytes that `chunks` passes on; None for no limit.
        body: the whole body, once it was read as such; plain functions find it read.
    """

    __slots__ = (
        "_complete",
        "_receive",
        "_received",
        "body",
        "body_limit",
        "content_length",
        "headers",
        "scope",
    )

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        length = self.headers.get(b"content-length")
        self.content_length = int(length) if length is not None and length.isdigit() else None
        self.body_limit: int | None = DEFAULT_BODY_LIMIT
        self.body = b""
        self._receive = receive
        self._received = 0
        self._complete = False

    @property
    def has_body(self) -> bool:
        """Whether a body was announced; in HTTP/2 its type is announcement enough."""
        length = self.content_length
        if length is not None:
            return length > 0
        headers = self.headers
        if self.scope["http_version"] >= "2":
            return b"content-type" in headers
        return b"transfer-encoding" in headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; the whole of it if it was read already.

        Raises:
            ContentTooLarge: it is larger than `body_limit`.
            ApiError: 408, it did not arrive in time.
            ClientGone: the client left.
        """
        if self.body:
            yield self.body
            return
        self._received = 0
        deadline = asyncio.get_running_loop().time() + BODY_TIMEOUT_S
        while True:
            chunk = await self._receive_chunk(deadline)
            if chunk:
                yield chunk
            if self._complete:
                return

    async def _receive_chunk(self, deadline: float) -> bytes:
        """Return the next chunk, and note whether it is the last."""
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError:
            raise ApiError(_REQUEST_TIMEOUT, "The request body is late.") from None
        if message["type"] != "http.request":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        self._received += len(chunk)
        if self.body_limit is not None and self._received > self.body_limit:
            raise ContentTooLarge
        self._complete = not message.get("more_body", False)
        return chunk

    async def skip_body(self) -> bool:
        """Read and drop what is left of the body; False if that is too much to wait for.

        Raises:
            ClientGone: the client left.
        """
        if self._complete or not self.has_body:
            return True
        if b"expect" in self.headers or (self.content_length or 0) > _SKIPPED_BYTES:
            return False
        self.body_limit = _SKIPPED_BYTES
        try:
            async with asyncio.timeout(_SKIP_TIMEOUT_S):
                async for _ in self.chunks():
                    continue
        except (ContentTooLarge, TimeoutError):
            return False
        return True

    async def read(self) -> bytes:
        """Return the whole body; raises as `chunks` does."""
        if self.body:
            return self.body
        self._received = 0
        deadline = asyncio.get_running_loop().time() + BODY_TIMEOUT_S
        parts = [await self._receive_chunk(deadline)]
        while not self._complete:
            parts.append(await self._receive_chunk(deadline))
        self.body = parts[0] if len(parts) == 1 else b"".join(parts)
        return self.body

    async def wait_until_gone(self) -> None:
        """Wait for the client to leave; for requests without a body."""
        while (await self._receive())["type"] != "http.disconnect":
            continue

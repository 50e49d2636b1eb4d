"""Requests to OAuth2 providers: bounded in size; the caller bounds the time of a whole flow."""

from __future__ import annotations

import asyncio
import functools
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from pbpy.auth.oauth2.failure import OAuth2Failure

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Mapping

    import httpx

    from pbpy.errors import JsonValue

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
_MAX_REDIRECTS: Final = 10
_TIMEOUT_S: Final = 30.0
_REFUSED: Final = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of a provider."""

    status: int
    content_type: str
    body: bytes

    @property
    def is_refusal(self) -> bool:
        """Whether the status says that something went wrong."""
        return self.status >= _REFUSED

    def json(self) -> JsonValue:
        """Return the decoded body.

        Raises:
            OAuth2Failure: it is no JSON.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise OAuth2Failure("the answer is no JSON") from error


class Outgoing:
    """An open HTTP client for one sign-in."""

    __slots__ = ("_client",)

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Send a GET request.

        Raises:
            OAuth2Failure: there is no answer, or it is too large.
        """
        return await self._send(self._build("GET", url, headers))

    async def post_form(
        self, url: str, headers: Mapping[str, str], form: Mapping[str, str]
    ) -> Answer:
        """Send a urlencoded form; raises as `get`."""
        return await self._send(self._build("POST", url, headers, form=form))

    async def post_json(self, url: str, headers: Mapping[str, str], value: JsonValue) -> Answer:
        """Send a JSON body; raises as `get`."""
        headers = {**headers, "Content-Type": "application/json"}
        return await self._send(self._build("POST", url, headers, content=orjson.dumps(value)))

    def _build(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Request:
        import httpx

        try:
            return self._client.build_request(
                method, url, headers=headers, data=form, content=content
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise OAuth2Failure("the address or a header cannot be sent") from error

    async def _send(self, request: httpx.Request) -> Answer:
        import httpx

        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await read_limited(response, MAX_ANSWER_BYTES)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # Neither the address nor the text of the error: both may repeat the query.
            raise OAuth2Failure(
                f"no answer of {request.url.host}: {type(error).__name__}"
            ) from error
        return Answer(response.status_code, response.headers.get("content-type", ""), body)


async def read_limited(response: httpx.Response, limit: int) -> bytes:
    """Return the decoded body.

    Raises:
        OAuth2Failure: it has more than limit bytes.
    """
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > limit:
            raise OAuth2Failure(f"the answer has more than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


@asynccontextmanager
async def open_outgoing() -> AsyncIterator[Outgoing]:
    """Open a client for one sign-in."""
    client = await asyncio.to_thread(_make_client)
    async with client:
        yield Outgoing(client)


def _make_client() -> httpx.AsyncClient:
    import httpx  # 17 ms, and the TLS context about as much: not for servers without OAuth2

    return httpx.AsyncClient(
        verify=tls_context(),
        follow_redirects=True,
        max_redirects=_MAX_REDIRECTS,
        timeout=_TIMEOUT_S,
        headers={"User-Agent": "pbpy"},
    )


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context of all outgoing requests; the first call reads the CA list."""
    import httpx

    # It logs the address of every request, and some addresses hold secrets.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)

    return httpx.create_ssl_context()

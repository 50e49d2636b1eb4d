"""Compression, for the dashboard's files and wherever an endpoint asks for it."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

from pbpy.api.file_response import FileResponse
from pbpy.api.responses import Response, Stream

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest

_VARY = (b"vary", b"Accept-Encoding")
_ENCODING = (b"content-encoding", b"gzip")


async def compress(request: ApiRequest, response: Response) -> Response:
    """Return response with its body compressed if the client accepts that; 200 answers only."""
    response.headers.append(_VARY)
    if b"gzip" not in request.headers.get(b"accept-encoding", b"") or response.status != 200:
        return response
    response.prepare(request.query)
    if isinstance(response, FileResponse):
        body = await asyncio.to_thread(response.read_whole)
    elif isinstance(response, Stream):
        return response
    else:
        body = response.body
    if not body:
        return response
    headers = [pair for pair in response.headers if pair[0] != b"accept-ranges"]
    return Response(200, await asyncio.to_thread(gzip.compress, body, 6), [*headers, _ENCODING])

"""The streams that are open now: each ends with its client, all end with the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy.api.incoming_body import ClientGone

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response


class Streams:
    """Sends Stream responses until they end, the client leaves or the server stops."""

    def __init__(self) -> None:
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = False

    def stop(self) -> None:
        """End every stream; each is completed as HTTP wants it."""
        self._stopping = True
        for sending in self._sending:
            sending.cancel()

    async def send(
        self, request: ApiRequest, response: Response, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Send a stream.

        Raises:
            ClientGone: the client left before its end.
        """
        sending = asyncio.create_task(response.send(scope, receive, send), name="pbpy-stream")
        leaving = asyncio.create_task(request.wait_until_gone(), name="pbpy-client-watch")
        self._sending.add(sending)
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._sending.discard(sending)
            leaving.cancel()
            is_complete = sending.done() and not sending.cancelled()
            sending.cancel()
        if is_complete:
            sending.result()
        elif not self._stopping:
            raise ClientGone
        else:
            await send({"type": "http.response.body", "body": b""})

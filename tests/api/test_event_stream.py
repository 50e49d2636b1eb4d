"""The writing of streams: what a slow reader costs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.api.asgi import create_asgi
from pbpy.realtime.topic import parse_topic
from tests.api.streams import LIMIT_S, OpenStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.app import App

MANY = 100
LONG = "x" * 30_000


class MeasuredStream(OpenStream):
    """Notes how long the pieces are that it gets."""

    sizes: tuple[int, ...] = ()

    async def _send(self, message: Any) -> None:
        self.sizes += (len(message.get("body", b"")),)
        await super()._send(message)

    def go_on(self) -> None:
        """Read again."""
        self._reading.set()


@pytest.mark.parametrize("has_handler", [False, True])
def test_what_waits_for_a_slow_reader_is_copied_in_pieces(
    make_app: Callable[..., App], has_handler: Any
) -> None:
    """Its bytes are shared by all clients; one copy of all for each would fill the memory."""

    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), make_app() as app:
            if has_handler:

                @app.on_realtime_message_send
                async def pass_on(e: Any) -> None:
                    await e.next()

            stream = MeasuredStream(create_asgi(app))
            client_id = await stream.connect()
            client = app.realtime.clients[client_id]
            app.realtime.broker.subscribe(client, [parse_topic("bell")])
            stream.hold()
            for number in range(MANY):
                app.realtime.send("bell", [number, LONG])
            stream.go_on()
            heard = [(await stream.next()).data for _ in range(MANY)]
            assert heard == [f'[{number},"{LONG}"]' for number in range(MANY)]
            assert max(stream.sizes) < 64 * 1024 + 2 * len(LONG)
            assert len(stream.sizes) < MANY
            await stream.leave()

    asyncio.run(main())

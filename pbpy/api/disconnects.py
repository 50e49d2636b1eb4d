"""Ends reads whose client has gone, so that a slow query does not run on for nobody.

Only requests that are still running after about a quarter of a second are watched, so short
ones pay for two set operations. Only GET and HEAD requests without a body are ended: a write
which was accepted is finished.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest

SWEEP_S = 0.25
_ENDABLE = frozenset(("GET", "HEAD"))


class Disconnects:
    """The requests that run now and may be ended."""

    def __init__(self) -> None:
        self._running: set[Watch] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, watch: Watch) -> None:
        """Look after a request."""
        self._running.add(watch)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def remove(self, watch: Watch) -> None:
        """Forget a request."""
        self._running.discard(watch)

    def _sweep(self) -> None:
        """Watch the clients of the requests that the last sweep saw already."""
        self._timer = None
        for watch in self._running:
            if watch.seen and watch.watcher is None:
                watch.start()
            watch.seen = True
        if self._running:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)


class Watch:
    """Around the handling of one request: cancels it when its client has gone, and says so."""

    __slots__ = ("_disconnects", "_request", "_task", "gone", "seen", "watcher")

    def __init__(self, disconnects: Disconnects, request: ApiRequest) -> None:
        self._disconnects = disconnects
        self._request = request
        self._task: asyncio.Task[None] | None = None
        self.gone = False
        self.seen = False
        self.watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        if self._request.method in _ENDABLE and not self._request.has_body:
            self._task = asyncio.current_task()
            self._disconnects.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._task is not None:
            self._disconnects.remove(self)
            if self.watcher is not None:
                self.watcher.cancel()

    def start(self) -> None:
        """Begin to wait for the client's leaving."""
        self.watcher = asyncio.create_task(self._wait(), name="pbpy-client-watch")

    async def _wait(self) -> None:
        await self._request.wait_until_gone()
        self.gone = True
        if self._task is not None:
            self._task.cancel()

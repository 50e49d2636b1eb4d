"""SyncApp: the application for code that cannot await."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.app import App


class SyncApp:
    """An App for one thread beside the event loop.

    It has the attributes of the App; what must be awaited there is an ordinary call here, which
    runs on the loop and returns when it is done.
    """

    __slots__ = ("_app", "_loop")

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._app, name)
        return self._blocking(value) if inspect.iscoroutinefunction(value) else value

    def _blocking(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(method(*args, **kwargs), self._loop).result()

        return call


async def call_with_app(function: Callable[[Any], Any], app: App) -> None:
    """Call a coroutine function with app, or a plain one with its SyncApp in a thread.

    Raises:
        Exception: whatever function raises.
    """
    if inspect.iscoroutinefunction(function):
        await function(app)
    else:
        await asyncio.to_thread(function, SyncApp(app, asyncio.get_running_loop()))

"""SyncApp: the application for code that cannot await."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
from concurrent.futures import Future
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


def is_async(function: Callable[..., Any]) -> bool:
    """Tell whether calling function gives a coroutine, as far as can be seen before the call."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # an object with async __call__
    )


async def call_with_app(function: Callable[[Any], Any], app: App) -> None:
    """Call a coroutine function with app, or a plain one with its SyncApp in a thread.

    The thread is its own: it may take long, and neither other work nor the end of the process
    waits for it.

    Raises:
        TypeError: a plain function returns a coroutine, which could not use its SyncApp.
        Exception: whatever function raises.
    """
    if is_async(function):
        await function(app)
        return
    sync_app = SyncApp(app, asyncio.get_running_loop())
    ended: Future[BaseException | None] = Future()
    ended.set_running_or_notify_cancel()  # a caller that goes away does not cancel it
    context = contextvars.copy_context()  # tells the store of a transaction around the call

    def work() -> None:
        error: BaseException | None = None
        try:
            context.run(_call_plain, function, sync_app)
        except BaseException as raised:  # for the caller
            error = raised
        ended.set_result(error)

    threading.Thread(target=work, name="pbpy-call", daemon=True).start()
    error = await asyncio.wrap_future(ended)
    if error is not None:
        raise error


def _call_plain(function: Callable[[Any], Any], sync_app: SyncApp) -> None:
    result = function(sync_app)
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(f"{function!r} returns a coroutine: make it an `async def`")

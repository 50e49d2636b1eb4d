"""Run a coroutine at once as far as it goes without waiting; the rest is awaited by its owner.

Most writes to a socket need not wait, and a task of their own costs more than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator


class Started:
    """A coroutine that has begun to wait; awaiting this, once, runs the rest of it."""

    __slots__ = ("_awaited", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        coroutine, awaited = self._coroutine, self._awaited
        try:
            while True:
                try:
                    value = yield awaited
                except GeneratorExit:
                    coroutine.close()
                    raise
                except BaseException as error:
                    awaited = coroutine.throw(error)
                else:
                    awaited = coroutine.send(value)
        except StopIteration:
            return

    def close(self) -> None:
        """Give the rest up."""
        self._coroutine.close()


def start(coroutine: Coroutine[Any, Any, None]) -> Started | None:
    """Run a coroutine; return what is left of it when it has to wait.

    It must not care which task it runs in.

    Raises:
        Exception: whatever the coroutine raises at once.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return Started(coroutine, awaited)

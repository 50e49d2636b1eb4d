"""Hook mechanics: ordered handlers around an action, each deciding whether it goes on.

Semantics of PocketBase tools/hook: handlers run by priority, then in order of registration;
each calls `await e.next()` to go on, and what it does after that runs on the way back. A
handler that does not call it ends the chain, the action included; an exception aborts it.

A plain `def` handler cannot await: it runs, and the chain goes on after it by itself unless it
raises. A hook without handlers costs one attribute check: ask `if hook:` before building an
event that nobody would see.
"""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from pbpy.sync_app import is_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from pbpy.app import App

AsyncHandler: TypeAlias = "Callable[[Any], Awaitable[None]]"


class Event:
    """Base of all events; `app` is the application, bound to the transaction inside one."""

    __slots__ = ("_chain", "_is_forgotten", "_position", "app")

    def __init__(self, app: App) -> None:
        self.app = app
        self._chain: tuple[AsyncHandler, ...] = ()
        self._position = 0
        self._is_forgotten = False

    @property
    def tags(self) -> tuple[str, ...]:
        """What `Hook.on(...)` matches: names and ids of the collection; empty matches no tag."""
        return ()

    def next(self) -> Coroutine[Any, Any, None]:
        """Run the rest of the chain, ending with the action itself; to be awaited."""
        self._is_forgotten = True
        return self._next()

    async def _next(self) -> None:
        self._is_forgotten = False
        position = self._position
        if position < len(self._chain):
            self._position = position + 1
            await self._chain[position](self)

    def require_awaited(self, handler: object) -> None:
        """Refuse what a handler has done if it called `next()` and did not await it.

        Raises:
            RuntimeError: it did not, so nothing of what follows was done.
        """
        if self._is_forgotten:
            self._is_forgotten = False
            raise RuntimeError(f"{handler} called e.next() without await")

    @asynccontextmanager
    async def in_transaction(self) -> AsyncIterator[App]:
        """Have what the block does, `next()` included, happen in one transaction or not at all.

        Gives the application bound to the transaction, which is `app` meanwhile.
        """
        outer = self.app
        async with outer.transaction() as bound:
            self.app = bound
            try:
                yield bound
            finally:
                self.app = outer


E = TypeVar("E", bound=Event)
Handler: TypeAlias = "Callable[[E], Awaitable[None] | None]"
Action: TypeAlias = "Callable[[E], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class _Binding(Generic[E]):
    id: str
    priority: int
    call: Callable[[E], Awaitable[None]]
    tags: frozenset[str]


def _as_async(handler: Handler[E]) -> Callable[[E], Awaitable[None]]:
    """Return handler in the form that calls next itself, and may not forget to await it."""
    if is_async(handler):
        run = cast("Callable[[E], Awaitable[None]]", handler)

        async def call_async(event: E) -> None:
            await run(event)
            event.require_awaited(handler)

        return call_async

    async def call(event: E) -> None:
        result = handler(event)
        if inspect.isawaitable(result):
            await result
        else:
            await event.next()

    return call


_ids = count(1)


class Hook(Generic[E]):
    """The handlers of one moment."""

    __slots__ = ("_bindings", "_chain", "_tagged")

    def __init__(self) -> None:
        self._bindings: list[_Binding[E]] = []
        self._chain: tuple[AsyncHandler, ...] = ()
        self._tagged = False

    def __len__(self) -> int:
        return len(self._bindings)

    def __bool__(self) -> bool:
        return bool(self._bindings)

    def bind(
        self,
        handler: Handler[E],
        *,
        id: str = "",  # noqa: A002  # PocketBase's word
        priority: int = 0,
        tags: tuple[str, ...] = (),
    ) -> str:
        """Add a handler, in the place of one with the same id; return its id."""
        binding = _Binding(id or f"h{next(_ids)}", priority, _as_async(handler), frozenset(tags))
        places = [place for place, known in enumerate(self._bindings) if known.id == binding.id]
        if places:
            self._bindings[places[0]] = binding
        else:
            self._bindings.append(binding)
        self._rebuild()
        return binding.id

    def unbind(self, *ids: str) -> None:
        """Remove the handlers with these ids; unknown ids are no error."""
        self._bindings = [known for known in self._bindings if known.id not in ids]
        self._rebuild()

    def unbind_all(self) -> None:
        """Remove every handler."""
        self._bindings = []
        self._rebuild()

    def __call__(self, handler: Handler[E]) -> Handler[E]:
        """Bind as a decorator: `@app.on_record_create`."""
        self.bind(handler)
        return handler

    def on(self, *tags: str, priority: int = 0, id: str = "") -> Callable[[Handler[E]], Handler[E]]:  # noqa: A002
        """Bind as a decorator, for events of these collections (names or ids) only."""

        def decorate(handler: Handler[E]) -> Handler[E]:
            self.bind(handler, id=id, priority=priority, tags=tags)
            return handler

        return decorate

    async def trigger(self, event: E, action: Action[E]) -> None:
        """Run the chain around action.

        Raises:
            Exception: whatever a handler or the action raises.
        """
        if not self._bindings:
            await action(event)
            return
        chain = self._chain
        if self._tagged:
            tags = event.tags
            chain = tuple(
                known.call
                for known in self._bindings
                if not known.tags or not known.tags.isdisjoint(tags)
            )
        # The same event object may pass through nested hooks (model and record), so the
        # position of the outer chain is put back afterwards.
        outer = (event._chain, event._position)
        event._chain = (*chain, cast("AsyncHandler", action))
        event._position = 0
        try:
            await event.next()
        finally:
            event._chain, event._position = outer

    def _rebuild(self) -> None:
        self._bindings.sort(key=lambda known: known.priority)
        self._tagged = any(known.tags for known in self._bindings)
        self._chain = tuple(known.call for known in self._bindings)

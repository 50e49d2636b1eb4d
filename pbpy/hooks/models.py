"""The chain of one model operation: model hooks outside, record or collection hooks inside.

    create, update: Create { Validate -> CreateExecute { SQL } }, then After...Success or ...Error
    delete:         Delete { DeleteExecute { SQL } },              then After...Success or ...Error

The after hooks of a bound application run when its transaction ends, with the application
that is bound to nothing. An exception in an after-success hook cannot undo the write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from pbpy.hooks.events import CollectionEvent, ModelEvent, RecordEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.hooks.events import ModelAction
    from pbpy.hooks.hook import Hook
    from pbpy.records.record import Record
    from pbpy.schema.collection import Collection

M = TypeVar("M", bound="Record | Collection")


class Moment(Generic[M]):
    """One moment in the life of records or collections, such as `create_execute`."""

    __slots__ = ("_action", "_own", "_shared")

    kind: ClassVar[str]
    event: ClassVar[Callable[..., ModelEvent]]

    def __init__(self, name: str) -> None:
        self._own = f"on_{self.kind}_{name}"
        self._shared = f"on_model_{name}"
        self._action = cast("ModelAction", name.removeprefix("after_").partition("_")[0])

    def is_watched(self, ctx: Context) -> bool:
        """Whether any handler would see it."""
        return bool(getattr(ctx.hooks, self._own)) or bool(getattr(ctx.hooks, self._shared))

    async def run(
        self,
        ctx: Context,
        model: M,
        action: Callable[[Context, M], Awaitable[None]],
        error: BaseException | None = None,
    ) -> None:
        """Run action inside the handlers; a handler may have replaced a collection.

        Raises:
            Exception: whatever a handler or the action raises.
        """
        shared: Hook[ModelEvent] = getattr(ctx.hooks, self._shared)
        own: Hook[ModelEvent] = getattr(ctx.hooks, self._own)
        if not shared and not own:
            await action(ctx, model)
            return
        event = type(self).event(cast("App", ctx), model, self._action, error)

        async def innermost(final: ModelEvent) -> None:
            await action(cast("Context", final.app), cast("M", final.model))

        if not shared:  # as it is nearly always, while realtime listens to records
            await own.trigger(event, innermost)
            return

        async def inner(middle: ModelEvent) -> None:
            await own.trigger(middle, innermost)

        await shared.trigger(event, inner)

    async def tell(self, ctx: Context, model: M, error: BaseException | None = None) -> None:
        """Run the handlers of a moment at which nothing is left to do.

        Raises:
            Exception: whatever a handler raises.
        """
        await self.run(ctx, model, _nothing, error)


class RecordMoment(Moment["Record"]):
    """A moment in the life of a record."""

    __slots__ = ()

    kind = "record"
    event = RecordEvent


class CollectionMoment(Moment["Collection"]):
    """A moment in the life of a collection."""

    __slots__ = ()

    kind = "collection"
    event = CollectionEvent


async def _nothing(_: Context, __: object) -> None:
    """Stand where the action stands in other moments."""

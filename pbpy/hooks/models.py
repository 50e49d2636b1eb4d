"""The chain of one model operation: model hooks outside, record or collection hooks inside.

    create, update: Create { Validate -> CreateExecute { SQL } }, then After...Success or ...Error
    delete:         Delete { DeleteExecute { SQL } },              then After...Success or ...Error

The after hooks of a bound application run when its transaction ends, with the application
that is bound to nothing. An exception in an after-success hook cannot undo the write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from pbpy.hooks.events import CollectionEvent, ModelEvent, RecordEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.hooks.events import ModelAction
    from pbpy.hooks.hook import Hook
    from pbpy.records.record import Record
    from pbpy.schema.collection import Collection

Kind = Literal["record", "collection"]


class Moment:
    """One moment in the life of records or collections, e.g. `record` + `create_execute`."""

    __slots__ = ("_action", "_own", "_own_event", "_shared")

    def __init__(self, kind: Kind, moment: str) -> None:
        self._own = f"on_{kind}_{moment}"
        self._shared = f"on_model_{moment}"
        self._action = cast("ModelAction", moment.removeprefix("after_").partition("_")[0])
        self._own_event = RecordEvent if kind == "record" else CollectionEvent

    def is_watched(self, ctx: Context) -> bool:
        """Whether any handler would see it."""
        return bool(getattr(ctx.hooks, self._own)) or bool(getattr(ctx.hooks, self._shared))

    async def run(
        self,
        ctx: Context,
        model: Record | Collection,
        action: Callable[[Context, Record | Collection], Awaitable[None]],
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
        event = self._own_event(cast("App", ctx), model, self._action, error)

        async def innermost(final: ModelEvent) -> None:
            await action(cast("Context", final.app), final.model)

        async def inner(middle: ModelEvent) -> None:
            await own.trigger(middle, innermost)

        await shared.trigger(event, inner)

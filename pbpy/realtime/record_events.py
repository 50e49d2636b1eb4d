"""Record events: hears every change of a record, tells all processes at its commit, fans it out.

The bus delivers the changes of all processes in the order of their commits; each process sends
them to its own streams. Who writes a record waits a moment for all of them (`echoes.py`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from pbpy.realtime.change import change_of, count_elsewhere, pack, unpack
from pbpy.realtime.deletions import Deletions
from pbpy.realtime.echoes import Echoes
from pbpy.realtime.fanout import is_heard
from pbpy.realtime.outgoing import Outgoing, OutgoingChange

if TYPE_CHECKING:
    from pbpy.bus.bus import Message
    from pbpy.context import Context
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.hooks.events import RecordEvent
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.change import Change
    from pbpy.realtime.deletions import Deletion
    from pbpy.realtime.rounds import Rounds

_SAVED: Final = "realtime.saved"
_DELETED: Final = "realtime.deleted"
_INNERMOST: Final = 99


class RecordEvents:
    """Listens to the record hooks of one application, and to the changes of the others."""

    def __init__(self, broker: Broker, rounds: Rounds) -> None:
        self._broker = broker
        self._outgoing = Outgoing(broker, rounds)
        self._deletions = Deletions(broker)
        self._saved: Echoes[Change] = Echoes(_SAVED)
        self._deleted: Echoes[Deletion] = Echoes(_DELETED)

    def bind(self, hooks: AppHooks) -> None:
        """Begin to listen to the hooks."""
        for hook, handler in (
            (hooks.on_record_create_execute, self._create),
            (hooks.on_record_update_execute, self._update),
            (hooks.on_record_delete, self._judge_deletion),
            (hooks.on_record_delete_execute, self._delete),
        ):
            hook.bind(handler, id="pbRealtime", priority=_INNERMOST)

    def join(self, ctx: Context) -> None:
        """Begin to listen to the bus of an application."""
        self._deletions.join(ctx)
        for echoes in (self._saved, self._deleted):
            echoes.join(ctx)
        ctx.bus.subscribe(_SAVED, partial(self._hear_saved, ctx))
        ctx.bus.subscribe(_DELETED, partial(self._hear_deleted, ctx))

    # what this process does

    async def _create(self, event: RecordEvent) -> None:
        await event.next()
        ctx = cast("Context", event.app)
        ctx.tx.before_commit(partial(self._tell_saved, ctx, change_of(event.record, "create")))

    async def _update(self, event: RecordEvent) -> None:
        await event.next()
        ctx = cast("Context", event.app)
        ctx.tx.before_commit(partial(self._tell_saved, ctx, change_of(event.record, "update")))

    def _tell_saved(self, ctx: Context, change: Change) -> None:
        others = count_elsewhere(ctx.bus, change.collection)
        if others != 0 or is_heard(self._broker, change.collection, change.record_id):
            self._saved.publish(ctx, change, b"" if others == 0 else pack(change), others or 0)

    async def _judge_deletion(self, event: RecordEvent) -> None:
        ctx = cast("Context", event.app)
        await self._deletions.ask(ctx, event.record)
        try:
            await event.next()
        finally:  # there is something left to take if it was not deleted
            self._deletions.forget(ctx, self._deletions.take(event.record))

    async def _delete(self, event: RecordEvent) -> None:
        await event.next()
        deletion = self._deletions.take(event.record)
        if deletion is not None:
            ctx = cast("Context", event.app)
            ctx.tx.before_commit(partial(self._tell_deleted, ctx, deletion))
            ctx.tx.after_rollback(partial(self._deletions.forget, ctx, deletion))

    def _tell_deleted(self, ctx: Context, deletion: Deletion) -> None:
        if deletion.deliveries or deletion.others != 0:
            self._deleted.publish(ctx, deletion, deletion.notice, deletion.others or 0)

    # what any process has done

    async def _hear_saved(self, ctx: Context, message: Message) -> None:
        echo = self._saved.take(ctx, message)
        if echo is not None:
            await self._outgoing.add(ctx, OutgoingChange(echo.content, None, echo))
        elif message.sender != ctx.bus.worker and (data := self._saved.data_of(message)):
            author = _AuthorElsewhere(ctx, message)
            change = unpack(data, ctx.catalog) if self._broker.clients else None
            if change is None:
                author.written()
            else:
                await self._outgoing.add(ctx, OutgoingChange(change, None, author))

    async def _hear_deleted(self, ctx: Context, message: Message) -> None:
        echo = self._deleted.take(ctx, message)
        if echo is not None:
            deletion = echo.content
            await self._outgoing.add(
                ctx, OutgoingChange(deletion.change, deletion.deliveries, echo)
            )
        elif message.sender != ctx.bus.worker:
            author = _AuthorElsewhere(ctx, message)
            notice = self._deleted.data_of(message)
            kept = self._deletions.take_kept(ctx, message.sender, notice)
            if kept is None:
                author.written()
            else:
                await self._outgoing.add(ctx, OutgoingChange(kept.change, kept.deliveries, author))


class _AuthorElsewhere:
    """The author of a change in another process."""

    __slots__ = ("_ctx", "_message")

    def __init__(self, ctx: Context, message: Message) -> None:
        self._ctx = ctx
        self._message = message

    def queued(self) -> None:
        """Do nothing: it waits until they are written."""

    def written(self) -> None:
        """Let it know."""
        self._ctx.bus.confirm(self._message)

    def release(self) -> None:
        """Do nothing: it waits for a moment only."""

"""Auth changes: what happens to the auth of open streams when their record changes.

A new password, email, token key or collection secret ends it at the commit, and the stream
goes on as a guest's (SEC-07); other changes are seen by the rules of the next event. Every
process hears of a change before the changes of records that are committed after it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import orjson

from pbpy.errors import NotFound, StoreError
from pbpy.realtime.broker import ANYBODY
from pbpy.realtime.echoes import Echoes
from pbpy.records.find import find_record
from pbpy.records.moved_schema import with_fresh_catalog

if TYPE_CHECKING:
    from pbpy.bus.bus import Message
    from pbpy.context import Context
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.hooks.events import CollectionEvent, RecordEvent
    from pbpy.realtime.broker import Broker

_KIND: Final = "realtime.auth"
_BEFORE_EVENTS: Final = 100
"""Further in than `record_events`: the auth has changed when the change is fanned out."""


class AuthChanges:
    """Listens to the hooks of auth records and collections, and to other processes."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._echoes: Echoes[None] = Echoes(_KIND)

    def bind(self, hooks: AppHooks) -> None:
        """Begin to listen to the hooks."""
        hooks.on_record_update_execute.bind(self._note, id="pbAuth", priority=_BEFORE_EVENTS)
        hooks.on_record_delete_execute.bind(self._note, id="pbAuth", priority=_BEFORE_EVENTS)
        hooks.on_collection_after_update_success.bind(self._follow, id="pbAuth", priority=-99)
        hooks.on_collection_after_delete_success.bind(self._follow, id="pbAuth", priority=-99)

    def join(self, ctx: Context) -> None:
        """Begin to listen to the bus of an application."""
        ctx.bus.subscribe(_KIND, partial(self._hear, ctx))

    async def _note(self, event: RecordEvent) -> None:
        await event.next()
        record = event.record
        if record.collection.is_auth:
            ctx = cast("Context", event.app)
            key = orjson.dumps([record.collection.id, record.original_id])
            ctx.tx.before_commit(partial(self._tell, ctx, key))

    def _tell(self, ctx: Context, key: bytes) -> None:
        if self._broker.clients or ctx.bus.count_elsewhere(ANYBODY) != 0:
            self._echoes.publish(ctx, None, key)

    async def _hear(self, ctx: Context, message: Message) -> None:
        echo = self._echoes.take(ctx, message)
        try:
            await self._look(ctx, *orjson.loads(self._echoes.data_of(message)))
        finally:
            if echo is not None:
                echo.release()

    async def _look(self, ctx: Context, collection_id: str, record_id: str) -> None:
        """Have the clients of a record see it as it is now; its end is that of their auth."""
        clients = self._broker.signed_in(collection_id, record_id)
        collection = ctx.catalog.by_id(collection_id)
        if not clients or collection is None:  # `follow` ends the auth of a lost collection
            return
        try:
            record = await with_fresh_catalog(
                ctx, collection, lambda known: find_record(ctx, known, record_id)
            )
        except (StoreError, NotFound) as error:
            ctx.log.warning("clients were signed out whose record cannot be read: %s", error)
            for client in clients:
                self._broker.revoke(client)
            return
        if record is None:
            await asyncio.sleep(0)  # what its deletion changed before is judged for who they were
            self._broker.sign_out(collection_id, record_id)
        else:
            self._broker.refresh_auth(record)

    async def _follow(self, event: CollectionEvent) -> None:
        self._broker.follow(cast("Context", event.app).catalog)
        await event.next()

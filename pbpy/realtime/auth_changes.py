"""Auth changes: what happens to the auth of open streams when their record changes.

A new password, email, token key or collection secret ends it at the commit, and the stream
goes on as a guest's (SEC-07); other changes are seen by the rules of the next event.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from pbpy.records.record import Record

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.hooks.app_hooks import AppHooks
    from pbpy.hooks.events import CollectionEvent, RecordEvent
    from pbpy.realtime.broker import Broker

_BEFORE_EVENTS: Final = 100
"""Further in than `record_events`: the auth has changed when the change is fanned out."""


class AuthChanges:
    """Listens to the hooks of auth records and collections."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def bind(self, hooks: AppHooks) -> None:
        """Begin to listen."""
        hooks.on_record_update_execute.bind(self._update, id="pbAuth", priority=_BEFORE_EVENTS)
        hooks.on_record_delete_execute.bind(self._delete, id="pbAuth", priority=_BEFORE_EVENTS)
        hooks.on_collection_after_update_success.bind(self._follow, id="pbAuth", priority=-99)
        hooks.on_collection_after_delete_success.bind(self._follow, id="pbAuth", priority=-99)

    async def _update(self, event: RecordEvent) -> None:
        await event.next()
        record = event.record
        if record.collection.is_auth:
            saved = Record.from_row(record.collection, record.export_row())
            cast("Context", event.app).tx.after_commit(partial(self._broker.refresh_auth, saved))

    async def _delete(self, event: RecordEvent) -> None:
        await event.next()
        record = event.record
        if record.collection.is_auth:
            cast("Context", event.app).tx.after_commit(
                partial(self._broker.sign_out, record.collection.id, record.original_id)
            )

    async def _follow(self, event: CollectionEvent) -> None:
        self._broker.follow(cast("Context", event.app).catalog)
        await event.next()

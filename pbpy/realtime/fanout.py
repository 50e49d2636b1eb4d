"""Fan-out: a changed record -> the message of each subscription that may have it.

Subscribers are grouped (`audience.py`) by what their rules ask (`records/judge.py`) and by what
they see of the record. Each question is answered once, each version of the record encoded
once, and its bytes are shared. Source of the behaviour: PocketBase apis/realtime.go.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from pbpy.errors import BadRequest, SqlRejected, StoreError
from pbpy.realtime.audience import TURN, find_audiences
from pbpy.realtime.sse import Message
from pbpy.realtime.topic import record_topics
from pbpy.records.encode import encode_record
from pbpy.records.enrich import enrich_records
from pbpy.records.judge import Judge
from pbpy.records.moved_schema import is_moved_schema, with_fresh_catalog
from pbpy.records.picker import compile_picker
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pbpy.context import Context
    from pbpy.realtime.audience import Audience, Member
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.change import Change
    from pbpy.records.judge import Question
    from pbpy.records.picker import Picker
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection


_QUEUED_TURN: Final = 1024
"""After so many queued messages the event loop gets a turn."""


class Delivery:
    """A message for some subscriptions."""

    __slots__ = ("_members", "_message")

    def __init__(self, message: Message, members: list[Member]) -> None:
        self._message = message
        self._members = iter(members)

    async def send(self) -> None:
        """Queue the message for every subscriber who is still the one that was judged.

        When this is cancelled, another call goes on where it has stopped.
        """
        message = self._message
        for place, (subscription, revocations) in enumerate(self._members, 1):
            client = subscription.client
            if subscription.is_active and client.revocations == revocations:
                client.push(message)
            if place % _QUEUED_TURN == 0:
                await asyncio.sleep(0)


def is_heard(broker: Broker, collection: Collection, record_id: str) -> bool:
    """Tell whether anybody listens to a record of a collection."""
    topics = record_topics(collection.name, collection.id, record_id)
    return broker.has_listeners(name for name, _ in topics)


async def find_deliveries(ctx: Context, broker: Broker, change: Change) -> list[Delivery]:
    """Return the messages of a change, for those whom the present state of the database allows.

    A subscription whose rule or expansion fails gets nothing, and does not keep others from it.
    Where all fails nobody gets anything, and the log has the reason.
    """

    async def fan_out(collection: Collection) -> list[Delivery]:
        broker.follow(ctx.catalog)
        return await _FanOut(ctx, collection, change).run(broker)

    collection = ctx.catalog.by_id(change.collection.id)
    if collection is None or not is_heard(broker, collection, change.record_id):
        return []
    try:
        return await with_fresh_catalog(ctx, collection, fan_out)
    except Exception:  # the write is done or goes on, whatever becomes of its events
        ctx.log.exception("a realtime event of %s was lost", change.collection.name)
        return []


class _View(NamedTuple):
    """What decides how a subscriber sees the record; equal views share their bytes.

    Attributes:
        fields: the `fields` option.
        is_superuser: whether hidden fields are shown.
        shows_email: whether an email is shown that is not public.
        reader: who asks with which options, where expansion or a hook may look at them.
    """

    fields: str
    is_superuser: bool
    shows_email: bool
    reader: Hashable = None


class _FanOut:
    """The fan-out of one change."""

    __slots__ = ("_change", "_collection", "_ctx", "_data", "_judge")

    def __init__(self, ctx: Context, collection: Collection, change: Change) -> None:
        self._ctx = ctx
        self._collection = collection
        self._change = change
        self._judge = Judge(ctx, collection, change.record_id, change.collection, change.row)
        self._data: dict[_View, bytes | None] = {}

    async def run(self, broker: Broker) -> list[Delivery]:
        """Return the deliveries."""
        deliveries = []
        for place, audience in enumerate(await self._audiences(broker), 1):
            if place % TURN == 0:
                await asyncio.sleep(0)
            if not await self._holds(*audience.questions):
                continue
            view = await self._view(audience)
            if view not in self._data:
                self._data[view] = await self._try_encode(audience, view)
            data = self._data[view]
            if data is not None:
                message = Message(audience.topic.text, data)
                deliveries.append(Delivery(message, audience.members))
        return deliveries

    async def _audiences(self, broker: Broker) -> list[Audience]:
        """Return the audiences of all topics that the record belongs to."""
        collection, catalog = self._collection, self._ctx.catalog
        is_personal = collection.auth is not None or bool(self._ctx.hooks.on_record_enrich)
        found: list[Audience] = []
        for name, is_view in record_topics(collection.name, collection.id, self._change.record_id):
            listeners = broker.listeners(name)
            if listeners is None:
                continue
            known = listeners.audiences
            if known is None or not known.fits(catalog, collection, is_personal=is_personal):
                changes = listeners.changes
                known = await find_audiences(
                    self._judge,
                    catalog,
                    collection,
                    collection.view_rule if is_view else collection.list_rule,
                    list(listeners.subscriptions),
                    is_personal=is_personal,
                )
                if listeners.changes == changes:
                    listeners.audiences = known
            found += known.found
        return found

    async def _holds(self, *questions: Question | bool) -> bool:
        try:
            for question in questions:
                if not await self._judge.answer(question):
                    return False
        except StoreError as error:
            if isinstance(error, SqlRejected) and is_moved_schema(error):
                raise
            self._ctx.log.warning(
                "subscribers of %s were left out: %s", self._collection.name, error
            )
            return False
        return True

    async def _view(self, audience: Audience) -> _View:
        info, query = audience.info, audience.topic.query
        fields = query.get("fields", "")
        if self._ctx.hooks.on_record_enrich or query.get("expand"):
            reader = (_auth_key(info), audience.topic.options_key)
            return _View(fields, info.is_superuser, False, reader)
        shows_email = info.is_superuser or (
            self._collection.auth is not None and await self._shows_email(info)
        )
        return _View(fields, info.is_superuser, shows_email)

    async def _shows_email(self, info: RequestInfo) -> bool:
        """Return whether the reader is the auth record itself, or manages it."""
        options = self._collection.auth
        if _auth_key(info) == (self._collection.id, self._change.record_id):
            return True
        if options is None or not options.manage_rule:
            return False
        return await self._holds(self._judge.ask_rule(info, options.manage_rule, {}))

    async def _try_encode(self, audience: Audience, view: _View) -> bytes | None:
        """Return the data of a view's messages; None when a handler or a relation fails."""
        try:
            return await self._encode(audience, view)
        except Exception:  # of app code: one reader's view must not keep others from theirs
            self._ctx.log.exception("a realtime message of %s was lost", self._collection.name)
            return None

    async def _encode(self, audience: Audience, view: _View) -> bytes:
        change = self._change
        record = Record.from_row(change.collection, change.row)
        if view.reader is None:
            record.shows_hidden = view.is_superuser
            record.shows_email = view.shows_email
        else:
            await enrich_records(self._ctx, audience.info, [record])
        output = encode_record(record, _picker(view.fields))
        return orjson.dumps({"record": output, "action": change.action})


def _auth_key(info: RequestInfo) -> tuple[str, str] | None:
    """Return who asks."""
    return None if info.auth is None else (info.auth.collection.id, info.auth.id)


def _picker(fields: str) -> Picker | None:
    """Return the picker of a `fields` option; PocketBase: a wrong one picks everything."""
    try:
        return compile_picker(fields) if fields else None
    except BadRequest:
        return None

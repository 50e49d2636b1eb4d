"""Fan-out: a changed record -> the message of each subscription that may have it.

Subscribers are grouped twice: by what their rules ask (`records/judge.py`), and by what they
see of the record. Each question is answered once, each version of the record encoded once,
and its bytes are shared. Source of the behaviour: PocketBase apis/realtime.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import orjson

from pbpy.errors import BadRequest, SqlRejected, StoreError
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
    from pbpy.realtime.broker import Broker
    from pbpy.realtime.client import Subscription
    from pbpy.records.judge import Question
    from pbpy.records.picker import Picker
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row

Action = Literal["create", "update", "delete"]

_Group: TypeAlias = "tuple[tuple[Question | bool, Question | bool], list[tuple[Subscription, int]]]"


class Change(NamedTuple):
    """What happened to one record.

    Attributes:
        action: what was done.
        collection: the collection that row follows.
        record_id: its id.
        row: its values after a create or update, before a delete.
    """

    action: Action
    collection: Collection
    record_id: str
    row: Row


class Delivery(NamedTuple):
    """A message for a subscription.

    Attributes:
        revocations: the client's count when it was judged; the message is void when it changed.
    """

    subscription: Subscription
    message: Message
    revocations: int

    def send(self) -> None:
        """Queue the message if the subscriber is still who was judged."""
        client = self.subscription.client
        if self.subscription.is_active and client.revocations == self.revocations:
            client.push(self.message)


def is_heard(broker: Broker, collection: Collection, record_id: str) -> bool:
    """Tell whether anybody listens to a record of a collection."""
    topics = record_topics(collection.name, collection.id, record_id)
    return broker.has_listeners(name for name, _ in topics)


async def find_deliveries(ctx: Context, broker: Broker, change: Change) -> list[Delivery]:
    """Return the messages of a change, for those whom the present state of the database allows.

    A subscription whose rule or expansion fails gets nothing, and does not keep others from it.
    """

    async def fan_out(collection: Collection) -> list[Delivery]:
        broker.follow(ctx.catalog)
        return await _FanOut(ctx, collection, change).run(broker)

    collection = ctx.catalog.by_id(change.collection.id)
    if collection is None or not is_heard(broker, collection, change.record_id):
        return []
    return await with_fresh_catalog(ctx, collection, fan_out)


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

    __slots__ = ("_change", "_collection", "_ctx", "_data", "_judge", "_messages")

    def __init__(self, ctx: Context, collection: Collection, change: Change) -> None:
        self._ctx = ctx
        self._collection = collection
        self._change = change
        self._judge = Judge(ctx, collection, change.record_id, change.collection, change.row)
        self._data: dict[_View, bytes | None] = {}
        self._messages: dict[tuple[str, _View], Message] = {}

    async def run(self, broker: Broker) -> list[Delivery]:
        """Return the deliveries, in the order of the subscriptions of each group."""
        deliveries: list[Delivery] = []
        for questions, group in self._groups(broker):
            if not await self._holds(*questions):
                continue
            for subscription, revocations in group:
                view = await self._view(subscription)
                if view not in self._data:
                    self._data[view] = await self._try_encode(subscription, view)
                message = self._message(subscription.topic.text, view)
                if message is not None:
                    deliveries.append(Delivery(subscription, message, revocations))
        return deliveries

    def _groups(self, broker: Broker) -> list[_Group]:
        """Return the subscriptions, with their revocations, by the questions that decide."""
        groups: dict[Hashable, _Group] = {}
        judge, collection = self._judge, self._collection
        for name, is_view in record_topics(collection.name, collection.id, self._change.record_id):
            rule = collection.view_rule if is_view else collection.list_rule
            for subscription in broker.listeners(name):
                info, memory = subscription.info, subscription.memory
                filter_ = subscription.topic.query.get("filter", "")
                asked = judge.ask_rule(info, rule, memory)
                also = judge.ask_filter(info, filter_, memory) if asked else False
                if not also:
                    continue
                key = (_key(asked), _key(also))
                if key not in groups:
                    groups[key] = ((asked, also), [])
                groups[key][1].append((subscription, subscription.client.revocations))
        return list(groups.values())

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

    async def _view(self, subscription: Subscription) -> _View:
        info, query = subscription.info, subscription.topic.query
        fields = query.get("fields", "")
        if self._ctx.hooks.on_record_enrich or query.get("expand"):
            auth = info.auth and (info.auth.collection.id, info.auth.id)
            reader = (auth, subscription.topic.options_key)
            return _View(fields, info.is_superuser, False, reader)
        shows_email = info.is_superuser or (
            self._collection.auth is not None and await self._shows_email(subscription)
        )
        return _View(fields, info.is_superuser, shows_email)

    async def _shows_email(self, subscription: Subscription) -> bool:
        """Return whether the subscriber is the auth record itself, or manages it."""
        info, options = subscription.info, self._collection.auth
        auth = info.auth and (info.auth.collection.id, info.auth.id)
        if auth == (self._collection.id, self._change.record_id):
            return True
        if options is None or not options.manage_rule:
            return False
        question = self._judge.ask_rule(info, options.manage_rule, subscription.memory)
        return await self._holds(question)

    async def _try_encode(self, subscription: Subscription, view: _View) -> bytes | None:
        """Return the data of a view's messages; None when a handler or a relation fails."""
        try:
            return await self._encode(subscription, view)
        except Exception:  # of app code: one subscriber's view must not keep others from theirs
            self._ctx.log.exception("a realtime message of %s was lost", self._collection.name)
            return None

    async def _encode(self, subscription: Subscription, view: _View) -> bytes:
        change = self._change
        record = Record.from_row(change.collection, change.row)
        if view.reader is None:
            record.shows_hidden = view.is_superuser
            record.shows_email = view.shows_email
        else:
            await enrich_records(self._ctx, subscription.info, [record])
        output = encode_record(record, _picker(view.fields))
        return orjson.dumps({"record": output, "action": change.action})

    def _message(self, text: str, view: _View) -> Message | None:
        message = self._messages.get((text, view))
        if message is None:
            data = self._data[view]
            if data is not None:
                message = self._messages[text, view] = Message(text, data)
        return message


def _key(question: Question | bool) -> Hashable:
    """Return what is equal for equal questions."""
    return question if isinstance(question, bool) else question.key


def _picker(fields: str) -> Picker | None:
    """Return the picker of a `fields` option; PocketBase: a wrong one picks everything."""
    try:
        return compile_picker(fields) if fields else None
    except BadRequest:
        return None

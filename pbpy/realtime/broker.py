"""Broker: all clients of this process, found by id, by topic and by auth record. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.realtime.client import Client, Subscription
from pbpy.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pbpy.bus.bus import Bus
    from pbpy.realtime.audience import Audiences
    from pbpy.realtime.sse import Message
    from pbpy.realtime.topic import Topic
    from pbpy.schema.catalog import Catalog

AuthKey = tuple[str, str]
"""Id of an auth collection, id of a record."""

ANYBODY: Final = "@anybody"
"""The topic that counts as listened to while there is a client."""


def group_of(topic: str) -> str:
    """Return what stands for a topic among processes: that of all records of its collection."""
    return topic.partition("/")[0]


class Listeners:
    """The subscriptions to one topic, and what the fan-out found out about them.

    Attributes:
        subscriptions: in the order of their making.
        audiences: how the fan-out groups them; None once anything about them has changed.
        changes: how many times that was.
    """

    __slots__ = ("audiences", "changes", "subscriptions")

    def __init__(self) -> None:
        self.subscriptions: dict[Subscription, None] = {}
        self.audiences: Audiences | None = None
        self.changes = 0

    def change(self) -> None:
        """Note that a subscription has come, gone or changed its auth."""
        self.audiences = None
        self.changes += 1


class Broker:
    """Who is connected and listens to what.

    Attributes:
        bus: where other processes look whether a group of topics has listeners here.
        clients: by id, in the order of their connecting.
    """

    __slots__ = ("_by_auth", "_by_topic", "_catalog", "bus", "clients")

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.clients: dict[str, Client] = {}
        self._by_topic: dict[str, Listeners] = {}
        self._by_auth: dict[AuthKey, dict[Client, None]] = {}
        self._catalog: Catalog | None = None

    # clients

    def register(self, client: Client) -> None:
        """Add a client, which may subscribe from now on."""
        if not self.clients:
            self.bus.listen(ANYBODY)
        self.clients[client.id] = client

    def unregister(self, client: Client) -> None:
        """Forget a client and end its stream; harmless when it is unknown."""
        if self.clients.pop(client.id, None) is not None:
            self.subscribe(client, ())
            self._set_auth(client, None)
            if not self.clients:
                self.bus.ignore(ANYBODY)
        client.close()

    def close(self) -> None:
        """End all streams."""
        for client in list(self.clients.values()):
            self.unregister(client)

    # subscriptions

    def subscribe(self, client: Client, topics: Iterable[Topic]) -> None:
        """Replace what a client listens to.

        What it listens to already goes on, so no message on its way is lost. A client that is
        not registered, because it has just gone, listens to nothing.
        """
        wanted = {topic.text: topic for topic in topics}
        for text in [known for known in client.subscriptions if known not in wanted]:
            self.unsubscribe(client, text)
        if client.id in self.clients:
            for text, topic in wanted.items():
                if text not in client.subscriptions:
                    self._add(client, topic)

    def unsubscribe(self, client: Client, text: str) -> None:
        """End one subscription, given as it was submitted; harmless when there is none."""
        subscription = client.subscriptions.pop(text, None)
        if subscription is not None:
            self._drop(subscription)

    def has_listeners(self, names: Iterable[str]) -> bool:
        """Tell whether anybody listens to one of these topics, whatever the options."""
        by_topic = self._by_topic
        return bool(by_topic) and any(name in by_topic for name in names)

    def listeners(self, name: str) -> Listeners | None:
        """Return the subscriptions to a topic, whatever their options; None when there are none."""
        return self._by_topic.get(name)

    def send(self, name: str, message_of: Callable[[str], Message]) -> int:
        """Queue a message for each subscription to a topic; return how many there are."""
        listeners = self._by_topic.get(name)
        return sum(
            subscription.client.push(message_of(subscription.topic.text))
            for subscription in list(listeners.subscriptions if listeners else ())
        )

    def end_streams(self, name: str) -> None:
        """End the streams of all who subscribed to a topic, whatever the options."""
        listeners = self._by_topic.get(name)
        for subscription in list(listeners.subscriptions if listeners else ()):
            self.unregister(subscription.client)

    def _add(self, client: Client, topic: Topic) -> None:
        subscription = client.subscriptions[topic.text] = Subscription(client, topic)
        name = topic.name
        listeners = self._by_topic.get(name)
        if listeners is None:
            listeners = self._by_topic[name] = Listeners()
            self.bus.listen(group_of(name))
        listeners.subscriptions[subscription] = None
        listeners.change()

    def _drop(self, subscription: Subscription) -> None:
        subscription.is_active = False
        name = subscription.topic.name
        listeners = self._by_topic[name]
        listeners.change()
        del listeners.subscriptions[subscription]
        if not listeners.subscriptions:
            del self._by_topic[name]
            self.bus.ignore(group_of(name))

    # auth

    def sign_in(self, client: Client, auth: Record | None, expires_at: float | None = None) -> None:
        """Bind a client to the record that it has proven to be, or to nobody.

        At expires_at, in Unix seconds, the stream ends: the client has to prove it anew.
        """
        if client.id in self.clients:
            if not _is_same(client.auth, auth):
                self._set_auth(client, auth and _copy(auth))
            client.auth_expires_at = expires_at
            client.wake()

    def signed_in(self, collection_id: str, record_id: str) -> list[Client]:
        """Return the clients of an auth record."""
        return list(self._by_auth.get((collection_id, record_id), ()))

    def refresh_auth(self, record: Record) -> None:
        """Have the clients of an auth record see its new values; another token key ends them."""
        for client in self.signed_in(record.collection.id, record.id):
            if client.auth is not None and client.auth.token_key != record.token_key:
                self.revoke(client)
            else:
                self._set_auth(client, _copy(record))

    def sign_out(self, collection_id: str, record_id: str) -> None:
        """Make guests of the clients of a deleted record.

        What they were allowed to see before the deletion still reaches them.
        """
        for client in self.signed_in(collection_id, record_id):
            self._set_auth(client, None)

    def revoke(self, client: Client) -> None:
        """Make a guest of a client whose token is worth nothing any more."""
        client.revocations += 1
        self._set_auth(client, None)

    def follow(self, catalog: Catalog) -> None:
        """End the auth of clients whose collection is gone or signs with another secret."""
        if catalog is self._catalog:
            return
        self._catalog = catalog
        for clients in list(self._by_auth.values()):
            for client in list(clients):
                if client.auth is not None and not _signs_alike(client.auth, catalog):
                    self.revoke(client)

    def _set_auth(self, client: Client, auth: Record | None) -> None:
        if client.auth is not None:
            key = (client.auth.collection.id, client.auth.id)
            others = self._by_auth[key]
            del others[client]
            if not others:
                del self._by_auth[key]
        client.auth = auth
        if auth is not None:
            self._by_auth.setdefault((auth.collection.id, auth.id), {})[client] = None
        for subscription in client.subscriptions.values():
            subscription.forget()
            self._by_topic[subscription.topic.name].change()


def _copy(auth: Record) -> Record:
    """Return the record as it is now: app code may change the one that it holds."""
    return Record.from_row(auth.collection, auth.export_row())


def _is_same(known: Record | None, auth: Record | None) -> bool:
    """Tell whether rules would see the same of both."""
    if known is None or auth is None:
        return known is auth
    return known.collection is auth.collection and known.export_row() == auth.export_row()


def _signs_alike(auth: Record, catalog: Catalog) -> bool:
    then, now = auth.collection, catalog.by_id(auth.collection.id)
    if now is None or now.auth is None or then.auth is None:
        return False
    return now.auth.auth_token.secret == then.auth.auth_token.secret

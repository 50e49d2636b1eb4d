"""The broker against a model: whatever clients do, topics and auth records find the right ones."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from pbpy.bus.local_bus import LocalBus
from pbpy.realtime.broker import Broker
from pbpy.realtime.client import MAX_QUEUED, Client
from pbpy.realtime.sse import Message
from pbpy.realtime.topic import parse_topic
from pbpy.records.record import Record
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection

USERS = Collection.new_auth("users")
STAFF = Collection.new_auth("staff")
POSTS = Collection.new_base("posts")
TOPICS = ["posts/*", "posts/*?options={}", "posts", "posts/r1", "bell", ""]
AUTHS = [("users", "u1"), ("users", "u2"), ("staff", "u1")]


def make_auth(name: str, record_id: str, token_key: str, **values: Any) -> Record:
    """Return an auth record as it is stored."""
    collection = USERS if name == "users" else STAFF
    record = Record(collection, {"id": record_id, **values})
    record.set_raw("tokenKey", token_key)
    return Record.from_row(collection, record.export_row())


class BrokerMachine(RuleBasedStateMachine):
    """Clients come, subscribe, sign in, lose their auth and go."""

    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.broker = Broker(LocalBus())
        self.topics: dict[Client, list[str]] = {}
        self.auths: dict[Client, tuple[str, str] | None] = {}
        self.keys = dict.fromkeys(AUTHS, "k0")
        self.catalog = Catalog([USERS, STAFF, POSTS])
        self.broker.follow(self.catalog)

    @rule(target=clients)
    def connect(self) -> Client:
        client = Client()
        self.broker.register(client)
        self.topics[client], self.auths[client] = [], None
        return client

    @rule(client=consumes(clients))
    def disconnect(self, client: Client) -> None:
        self.broker.unregister(client)
        self.broker.unregister(client)
        del self.topics[client], self.auths[client]
        assert client.is_closed
        assert not client.subscriptions

    @rule(client=clients, texts=st.lists(st.sampled_from(TOPICS), max_size=5))
    def subscribe(self, client: Client, texts: list[str]) -> None:
        self.broker.subscribe(client, [parse_topic(text) for text in texts if text])
        self.topics[client] = list(dict.fromkeys(text for text in texts if text))

    @rule(client=clients, text=st.sampled_from(TOPICS))
    def unsubscribe(self, client: Client, text: str) -> None:
        self.broker.unsubscribe(client, text)
        self.topics[client] = [known for known in self.topics[client] if known != text]

    @rule(client=clients, auth=st.none() | st.sampled_from(AUTHS))
    def sign_in(self, client: Client, auth: tuple[str, str] | None) -> None:
        record = auth and make_auth(*auth, self.keys[auth])
        self.broker.sign_in(client, record)
        self.auths[client] = auth

    @rule(auth=st.sampled_from(AUTHS), email=st.emails())
    def change_email_only(self, auth: tuple[str, str], email: str) -> None:
        self.broker.refresh_auth(make_auth(*auth, self.keys[auth], email=email))
        for client, known in self.auths.items():
            if known == auth:
                assert client.auth is not None
                assert client.auth.email == email

    @rule(auth=st.sampled_from(AUTHS))
    def change_token_key(self, auth: tuple[str, str]) -> None:
        self.keys[auth] += "x"
        self.broker.refresh_auth(make_auth(*auth, self.keys[auth]))
        self._lose(lambda known: known == auth)

    @rule(auth=st.sampled_from(AUTHS))
    def delete_record(self, auth: tuple[str, str]) -> None:
        collection = USERS if auth[0] == "users" else STAFF
        self.broker.sign_out(collection.id, auth[1])
        self._lose(lambda known: known == auth)

    @rule(is_gone=st.booleans())
    def change_staff(self, is_gone: bool) -> None:
        if is_gone:
            self.broker.follow(self.catalog.without_collection(STAFF.id))
        else:
            changed = STAFF.with_options({"authToken": {"secret": "s" * 50}})
            self.broker.follow(self.catalog.with_collection(changed))
        self._lose(lambda known: known is not None and known[0] == "staff")
        self.broker.follow(self.catalog)

    @rule(is_public=st.booleans())
    def change_something_else(self, is_public: bool) -> None:
        changed = POSTS.replace(list_rule="" if is_public else None)
        self.broker.follow(self.catalog.with_collection(changed))

    def _lose(self, matches: Any) -> None:
        for client, known in self.auths.items():
            if matches(known):
                self.auths[client] = None

    @invariant()
    def topics_find_exactly_their_subscriptions(self) -> None:
        for name in ("posts/*", "posts", "posts/r1", "bell", "other"):
            listeners = self.broker.listeners(name)
            subscriptions = listeners.subscriptions if listeners else ()
            found = {(known.client, known.topic.text) for known in subscriptions}
            expected = {
                (client, text)
                for client, texts in self.topics.items()
                for text in texts
                if text.partition("?")[0] == name
            }
            assert found == expected
            assert self.broker.has_listeners([name]) == bool(expected)

    @invariant()
    def auth_is_what_was_proven_last(self) -> None:
        for client, auth in self.auths.items():
            known = client.auth and (client.auth.collection.name, client.auth.id)
            assert known == auth
            for subscription in client.subscriptions.values():
                assert subscription.is_active
                assert subscription.info.auth is client.auth

    def teardown(self) -> None:
        self.broker.close()
        assert not self.broker.clients
        assert not self.broker._by_topic
        assert not self.broker._by_auth


BrokerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestBroker = BrokerMachine.TestCase


def test_a_client_that_nobody_reads_is_closed() -> None:
    broker, client, woken = Broker(LocalBus()), Client(), []
    broker.register(client)
    client.wake = lambda: woken.append(True)
    message = Message("a", b"1")
    assert all(client.push(message) for _ in range(MAX_QUEUED))
    assert (client.is_closed, client.has_overflowed) == (False, False)
    assert not client.push(message)
    assert (client.is_closed, client.has_overflowed) == (True, True)
    assert not client.queue
    assert len(woken) == MAX_QUEUED + 1
    assert not client.push(message)


def test_who_has_gone_cannot_subscribe() -> None:
    broker, client = Broker(LocalBus()), Client()
    broker.register(client)
    broker.unregister(client)
    broker.subscribe(client, map(parse_topic, ["posts"]))
    broker.sign_in(client, make_auth("users", "u1", "k"))
    assert not client.subscriptions
    assert client.auth is None
    assert not broker._by_auth


def test_a_subscription_goes_on_when_it_is_submitted_again() -> None:
    broker, client = Broker(LocalBus()), Client()
    broker.register(client)
    broker.subscribe(client, map(parse_topic, ["posts", "tags"]))
    kept, dropped = client.subscriptions.values()
    broker.subscribe(client, map(parse_topic, ["users", "posts"]))
    assert client.subscriptions["posts"] is kept
    assert (kept.is_active, dropped.is_active) == (True, False)


def test_messages_of_app_code_go_out_under_the_submitted_text() -> None:
    broker, client = Broker(LocalBus()), Client()
    broker.register(client)
    broker.subscribe(client, map(parse_topic, ["bell", 'bell?options={"query":{}}', "other"]))
    assert broker.send("bell", lambda text: Message(text, b"1")) == 2
    assert [message.name for message in client.queue] == ["bell", 'bell?options={"query":{}}']

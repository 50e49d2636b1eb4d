"""Clients without streams: they subscribe with the broker and read their queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import orjson

from pbpy.realtime.client import Client
from pbpy.realtime.topic import parse_topic

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.records.record import Record


class Heard(NamedTuple):
    """One message about a record."""

    topic: str
    action: str
    record: dict[str, Any]


def with_options(topic: str, headers: dict[str, str] | None = None, /, **query: str) -> str:
    """Return a topic with options as the SDK writes them."""
    options = {"query": query, "headers": headers or {}}
    return f"{topic}?options={quote(orjson.dumps(options).decode(), safe='')}"


def listen(app: App, *topics: str, auth: Record | None = None) -> Client:
    """Return a new client that listens to topics."""
    client = Client()
    broker = app.realtime.broker
    broker.register(client)
    broker.sign_in(client, auth)
    broker.subscribe(client, map(parse_topic, topics))
    return client


def drain(client: Client) -> list[Heard]:
    """Take the messages of a client."""
    heard = []
    while client.queue:
        message = client.queue.popleft()
        data = orjson.loads(message.data)
        assert list(data) == ["record", "action"]
        heard.append(Heard(message.name, data["action"], data["record"]))
    return heard


def actions(client: Client) -> list[tuple[str, str]]:
    """Take the messages of a client; return action and record id of each."""
    return [(heard.action, heard.record["id"]) for heard in drain(client)]


async def set_rules(app: App, name: str, rule: str | None) -> None:
    """Set the list and the view rule of a collection."""
    collection = app.catalog.get(name)
    await app.save(collection.replace(list_rule=rule, view_rule=rule))

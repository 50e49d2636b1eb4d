"""Grouping changes nothing: everybody gets what a query of their own would let them have."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import FilterError
from pbpy.fields.bool import Bool
from pbpy.fields.number import Number
from pbpy.fields.relation import Relation
from pbpy.fields.text import Text
from pbpy.records.encode import encode_record
from pbpy.records.enrich import enrich_records
from pbpy.records.picker import compile_picker
from pbpy.records.query_plan import plan_list
from pbpy.records.record import Record
from pbpy.records.request_info import RequestInfo
from pbpy.records.rules import satisfies_rule
from pbpy.schema.collection import Collection
from tests.realtime.listening import drain, listen, with_options
from tests.records.blog import OPEN, add, add_user, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pbpy.realtime.client import Client

RULES = (
    "public = true",
    "owner = @request.auth.id",
    '@request.auth.id != ""',
    'owner.role = @request.auth.role && @request.auth.role != ""',
    "@request.auth.role = title",
    "@request.auth.verified = true",
    "@request.auth.boss.role = title",
    "@request.query.k = title",
    '@request.headers.x_key = "1"',
    '@request.context = "realtime"',
    "n > 2",
    "tags.name ?= @request.auth.role",
    "tags.name = title",
    "@collection.users.role ?= title",
    '@now > "2020-01-01 00:00:00.000Z"',
    "posts_via_next.n > 1",
)
FILTERS = (
    *("" for _ in range(6)),
    "n > 1",
    'title = "a"',
    'title = "b"',
    'tags.name ?= "a"',
    "owner.email != ''",
    'secret = "x"',
    "@request.auth.id != ''",
    "nonsense =",
)
NAMES = ("a", "b", "c")

texts = st.sampled_from(NAMES)
rules = st.sampled_from(range(10)).flatmap(
    lambda kind: (
        st.sampled_from([None, ""])
        if kind == 0
        else st.sampled_from(RULES)
        if kind < 6
        else st.lists(st.sampled_from(RULES), min_size=2, max_size=3).flatmap(
            lambda parts: st.sampled_from([" && ", " || "]).map(lambda sign: sign.join(parts))
        )
    )
)


class Subscriber(NamedTuple):
    """Who listens how; user is an index, None for a guest."""

    user: int | None
    topic: str
    filter: str
    fields: str
    expand: str
    query: str
    header: str

    @property
    def options(self) -> dict[str, str]:
        """The query options that are given."""
        values = {
            "filter": self.filter,
            "fields": self.fields,
            "expand": self.expand,
            "k": self.query,
        }
        return {name: value for name, value in values.items() if value}


subscribers = st.builds(
    Subscriber,
    st.none() | st.integers(0, 4),
    st.sampled_from(["posts/*", "posts/*", "posts/{id}", "posts", "{collection}/*", "posts/other"]),
    st.sampled_from(FILTERS),
    st.sampled_from(["", "", "", "id,title", "*,expand.owner.name", "title:nonsense"]),
    st.sampled_from(["", "owner", "", "owner,tags"]),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["", "1"]),
)


class World:
    """An application with posts, their owners and tags, and a superuser as the last user."""

    def __init__(self, app: App, runner: asyncio.Runner) -> None:
        self.app = app
        self.runner = runner
        self.users: list[Record] = []
        self.tags: list[Record] = []

    async def build(self) -> None:
        app = self.app
        users = app.catalog.get("users").replace(
            **{**OPEN, "view_rule": "role = 'a' || id = @request.auth.id"}
        )
        boss = Relation("boss", collection_id=users.id)
        await app.save(users.with_fields(Text("role"), boss))
        await app.save(Collection.new_base("tags", **OPEN, fields=(Text("name"),)))
        posts = Collection.new_base(
            "posts",
            fields=(
                Text("title"),
                Number("n"),
                Bool("public"),
                Text("secret", hidden=True),
                Relation("owner", collection_id=users.id),
                Relation("tags", collection_id=app.catalog.get("tags").id, max_select=9),
            ),
        )
        await app.save(posts)
        posts = app.catalog.get("posts")
        await app.save(posts.with_fields(Relation("next", collection_id=posts.id)))
        for number, role in enumerate(("a", "b", "", "a")):
            values: dict[str, Any] = {"role": role, "verified": number == 1}
            if self.users:
                values["boss"] = self.users[-1].id
            self.users.append(await add_user(app, f"u{number}@example.com", **values))
        self.users.append(await add_user(app, "root@example.com", "_superusers"))
        self.tags = [await add(app, "tags", name=name) for name in NAMES]

    async def naive(self, who: Subscriber, record: Record) -> dict[str, Any] | None:
        """Return what a subscriber should see of a record, by queries of its own."""
        app, collection = self.app, record.collection
        topic = who.topic.format(id=record.id, collection=collection.id)
        if topic == "posts/other":
            return None
        info = self.info(who)
        rule = collection.view_rule if topic.endswith(record.id) else collection.list_rule
        if not await satisfies_rule(app, info, record, rule):
            return None
        if who.filter and not await self.matches(info, record, who.filter):
            return None
        shown = Record.from_row(collection, record.export_row())
        await enrich_records(app, info, [shown])
        is_wrong = "nonsense" in who.fields
        picker = compile_picker(who.fields) if who.fields and not is_wrong else None
        return dict(plain(encode_record(shown, picker)))

    async def matches(self, info: RequestInfo, record: Record, filter_: str) -> bool:
        """Tell whether a client's filter lists the record; what cannot be used lists nothing."""
        if info.is_superuser:
            # PocketBase: the request is open to superusers, hidden values are not.
            if "@request.auth" in filter_:
                return True
            info = RequestInfo()
        try:
            plan = plan_list(
                self.app.catalog,
                record.collection,
                info,
                rule="",
                filter=filter_,
                sort="",
                limit=0,
                offset=0,
                with_total=False,
                columns=("id",),
            )
        except FilterError:
            return False
        return (record.id,) in await self.app.db.all(plan.page)

    def info(self, who: Subscriber) -> RequestInfo:
        """Return the request that a subscriber's rules see."""
        auth = None if who.user is None else self.users[who.user]
        headers = [(b"x-key", who.header.encode())] if who.header else []
        return RequestInfo(context="realtime", query=who.options, raw_headers=headers, auth=auth)

    def subscribe(self, who: Subscriber, record: Record) -> Client:
        """Return a client that listens as described."""
        topic = who.topic.format(id=record.id, collection=record.collection.id)
        headers = {"X-Key": who.header} if who.header else {}
        auth = None if who.user is None else self.users[who.user]
        return listen(self.app, with_options(topic, headers, **who.options), auth=auth)


@contextmanager
def open_world(folder: Any) -> Iterator[World]:
    with asyncio.Runner() as runner:
        app = App(Config(data_dir=folder / "pb_data"))
        runner.run(app.open())
        try:
            world = World(app, runner)
            runner.run(world.build())
            yield world
        finally:
            runner.run(app.close())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


posts = st.fixed_dictionaries(
    {
        "title": texts,
        "n": st.integers(0, 4),
        "public": st.booleans(),
        "secret": st.sampled_from(["", "x"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    list_rule=rules,
    view_rule=rules,
    before=posts,
    after=posts,
    owner=st.none() | st.integers(0, 3),
    tags=st.sets(st.integers(0, 2)),
    crowd=st.lists(subscribers, min_size=12, max_size=30),
)
def test_deliveries_are_those_of_one_query_per_subscriber(
    world: World,
    list_rule: str | None,
    view_rule: str | None,
    before: dict[str, Any],
    after: dict[str, Any],
    owner: int | None,
    tags: set[int],
    crowd: list[Subscriber],
) -> None:
    async def scenario() -> None:
        app = world.app
        collection = app.catalog.get("posts")
        await app.save(collection.replace(list_rule=list_rule, view_rule=view_rule))
        record = await add(app, "posts", **before)
        clients = [world.subscribe(who, record) for who in crowd]
        record.set("owner", "" if owner is None else world.users[owner].id)
        record.set("tags", [world.tags[number].id for number in sorted(tags)])
        record.set("next", record.id)
        record.load(after)
        await app.save(record)
        wanted = [await world.naive(who, record) for who in crowd]
        check(clients, wanted, "update")
        stored = await app.find_record("posts", record.id)
        assert stored is not None
        wanted = [await world.naive(who, stored) for who in crowd]
        await app.delete(stored)
        check(clients, wanted, "delete")
        app.realtime.close()

    world.runner.run(scenario())


def check(clients: list[Client], wanted: list[dict[str, Any] | None], action: str) -> None:
    for client, record in zip(clients, wanted, strict=True):
        heard = [(message.action, message.record) for message in drain(client)]
        assert heard == ([] if record is None else [(action, record)]), client.subscriptions

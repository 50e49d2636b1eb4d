"""The same subscriptions and writes give the same messages on both servers: a blog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.realtime_story import (
    Listen,
    Step,
    Story,
    change,
    check,
    collection,
    create,
    delete,
    every_step,
    field_of,
    listens,
    people,
    relation,
    update,
    user_id,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.realtime_story import Told

ANN, BOB = user_id("ann"), user_id("bob")

WORLD: list[Step] = [
    *people("people", "ann", "bob", listRule="", manageRule="@request.auth.name = 'bob'"),
    update("bob shows the email", "su", "people", BOB, {"emailVisibility": True}),
    collection("tags", field_of("text", "name"), listRule="@request.auth.id != ''"),
    collection(
        "posts",
        field_of("text", "title"),
        field_of("number", "n"),
        field_of("bool", "public"),
        field_of("json", "js"),
        field_of("date", "day"),
        field_of("geoPoint", "place"),
        field_of("select", "kinds", maxSelect=2, values=["a", "b"]),
        field_of("text", "secret", hidden=True),
        relation("author", "people"),
        relation("tags", "tags", maxSelect=5),
        listRule="public = true || author = @request.auth.id",
        viewRule="@request.auth.verified = true || @request.headers.x_key = 'open'",
    ),
    collection(
        "comments",
        field_of("text", "text"),
        relation("post", "posts", cascadeDelete=True),
        listRule="post.public = true",
    ),
]

OPTIONS: tuple[dict[str, str], ...] = (
    {"filter": "n > 1"},
    {"filter": "title ~ 'o' && n = 2"},
    {"filter": "secret = 'x'"},
    {"filter": "@request.auth.id != ''"},
    {"filter": "@collection.tags.name ?= 'a'"},
    {"filter": "tags.name ?= 'a'"},
    {"filter": "author.email = 'ann@example.com'"},
    {"filter": "nonsense"},
    {"expand": "author,tags"},
    {"expand": "author,nothing", "fields": "id,title,expand.author.name"},
    {"fields": "title:excerpt(2),n"},
    {"fields": "title:nonsense"},
    {"fields": "*,expand.*.id", "expand": "tags"},
)
TOPICS = (
    "posts/*",
    "posts",
    "posts_id/*",
    "posts_id",
    "posts/post00000000001",
    "posts/post00000000002",
    with_options("posts/post00000000002", {"X-Key": "open"}),
    with_options("posts/*", {"X-Key": "open"}, any="1"),
    "posts/*?options=broken",
    "posts/*?other=1",
    "comments/*",
    "people/*",
    f"people/{ANN}",
    "tags/*",
    "_superpeople/*",
    "nothing/*",
    *(with_options("posts/*", None, **options) for options in OPTIONS),
)


def posts(label: str, actor: str, method: str, number: int, **body: Any) -> Step:
    """Write a post by its number."""
    record_id = f"post{number:011d}"
    if method == "POST":
        return create(label, actor, "posts", {"id": record_id, **body})
    if method == "PATCH":
        return update(label, actor, "posts", record_id, body)
    return delete(label, actor, "posts", record_id)


STEPS: list[Step] = [
    create("a tag", "su", "tags", {"id": "tag000000000001", "name": "a"}),
    posts("everything", "su", "POST", 1, title="one", n=1, public=True, secret="x",
          js={"b": [1.5, None], "a": "é"}, day="2024-01-02 03:04:05.678Z",
          place={"lon": 1.5, "lat": -2}, kinds=["b", "a"], author=ANN, tags=["tag000000000001"]),
    posts("of ann alone", "ann", "POST", 2, title="two", n=2, author=ANN),
    posts("of nobody", "guest", "POST", 3, title="three", n=2, public=True),
    posts("modifiers", "bob", "PATCH", 3, **{"n+": 5, "tags+": "tag000000000001"}),
    posts("becomes private", "su", "PATCH", 1, public=False),
    posts("unchanged", "su", "PATCH", 1, title="one"),
    posts("becomes public", "ann", "PATCH", 2, public=True),
    posts("refused", "guest", "PATCH", 2, n="x", author="nobody"),
    create("a comment", "guest", "comments",
           {"id": "comment00000001", "text": "a", "post": "post00000000002"}),
    create("a hidden comment", "guest", "comments",
           {"id": "comment00000002", "text": "b", "post": "post00000000001"}),
    posts("delete with cascade", "su", "DELETE", 2),
    posts("delete of a private one", "su", "DELETE", 1),
    posts("delete again", "su", "DELETE", 1),
    delete("relation loses its target", "su", "tags", "tag000000000001"),
    update("user changes", "su", "people", ANN, {"name": "Ann"}),
    update("user shows the email", "su", "people", ANN, {"emailVisibility": True}),
    Listen("fewer topics", "guest", ("posts/*",)),
    Listen("other topics", "ann", ("posts/*", "people/*", "posts/*", "")),
    posts("after that", "su", "POST", 4, title="four", author=ANN),
    Listen("no topics", "guest", ()),
    posts("without the guest", "su", "POST", 5, title="five", public=True, author=ANN),
    change("new rules", "posts", listRule="n > 0"),
    posts("under the new rules", "su", "PATCH", 4, n=1),
    posts("not under them", "su", "PATCH", 5, n=0),
    change("superusers only", "posts", listRule=None),
    posts("for superusers", "su", "PATCH", 4, n=3),
    change("own rows", "posts",
           listRule="author = @request.auth.id && @request.auth.id != ''"),
    posts("to ann", "su", "PATCH", 4, n=4),
    update("another email", "su", "people", ANN, {"email": "new@example.com"}),
    posts("not to ann any more", "su", "PATCH", 4, n=5),
    posts("to bob", "su", "PATCH", 4, author=BOB),
    delete("bob goes", "su", "people", BOB),
    posts("to nobody", "su", "PATCH", 5, n=9),
    change("another name", "posts", name="articles", listRule=""),
    create("articles", "su", "articles", {"id": "post00000000009", "title": "nine"}),
    change("another secret", "people", authToken={"duration": 1000, "secret": "s" * 50}),
    update("nine again", "su", "articles", "post00000000009", {"n": 2}),
]  # fmt: skip

STORIES = [
    Story("blog", [*WORLD, *listens(*TOPICS)], STEPS),
]


@every_step(STORIES)
def test_the_same_step_is_heard_the_same(told: Told, story: Story, place: int) -> None:
    check(told[story][place])


def test_something_was_heard(told: Told) -> None:
    assert sum(outcome.count for outcomes in told.values() for outcome in outcomes) > 150


def test_no_answer_tells_more_than_the_other(told: Told) -> None:
    for outcome in told[STORIES[0]]:
        ours = outcome.heard[1]
        heard = str([ours[name] for name in ("guest", "ann", "bob")])
        assert "secret" not in heard.replace("secret%20", "")

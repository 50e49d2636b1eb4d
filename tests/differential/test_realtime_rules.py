"""Rules as seen by subscribers: every kind of rule, for everybody, on every change of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.realtime_story import (
    ACTORS,
    CHEAP,
    Listen,
    Step,
    Story,
    Write,
    change,
    check,
    collection,
    create,
    delete,
    every_step,
    field_of,
    people,
    relation,
    row_id,
    update,
    user_id,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.listeners import Files
    from tests.differential.realtime_story import Told

ANN, BOB = user_id("ann"), user_id("bob")

RULES = (
    None,
    "",
    "@request.auth.id != ''",
    "@request.auth.id = ''",
    "@request.auth.verified = true",
    "@request.auth.name = title",
    "@request.auth.email ~ 'example'",
    "@request.auth.collectionName = 'people'",
    "@request.auth.boss.name = 'bob'",
    "@request.auth.people_via_boss.name ?= 'ann'",
    "owner = @request.auth.id",
    "owner = @request.auth.id && @request.auth.id != ''",
    "public = true || owner = @request.auth.id",
    "owner.boss = @request.auth.id && @request.auth.id != ''",
    "team.id ?= @request.auth.id",
    "team.id = @request.auth.id",
    "team ~ @request.auth.id && @request.auth.id != ''",
    "team.boss.name ?= 'bob'",
    "team:length > 1",
    "kinds:each ~ 'a'",
    "kinds:each ?~ 'b'",
    "js.a = 1",
    "js.b.0 = 'x'",
    "n > 1",
    "title:lower ~ 't'",
    "secret != ''",
    "doc != '' && docs:length = 2",
    "id ~ '1'",
    "created <= @now",
    "day < @now && day != ''",
    "geoDistance(place.lon, place.lat, 1, 2) < 1000",
    "strftime('%Y', day) = '2024'",
    "@request.context = 'realtime'",
    "@request.context != 'realtime'",
    "@request.method = 'GET'",
    "@request.headers.x_key = 'open'",
    "@request.query.key = 'open'",
    "@request.query.key:isset = true",
    "@request.query.key:isset = false",
    "@request.body.title:isset = false",
    "@request.body.title = ''",
    "@collection.notes.text ?= title",
    "@collection.notes:one.text ?= title && @collection.notes:two.text ?= 'never'",
    "@collection.notes.by ?= @request.auth.id",
    "{name}_via_next.title ?= 'files'",
    "{name}_via_next.id = ''",
)
OPTIONS = (
    with_options("{name}/*", {"X-Key": "open"}),
    with_options("{name}/*", None, key="open"),
    with_options("{name}/{row}", {"x-key": "open", "key": "1"}, key="open"),
)
FIELDS = (
    field_of("text", "title"),
    field_of("number", "n"),
    field_of("bool", "public"),
    field_of("json", "js"),
    field_of("date", "day"),
    field_of("geoPoint", "place"),
    field_of("select", "kinds", maxSelect=3, values=["a", "b", "aa"]),
    field_of("text", "secret", hidden=True),
    field_of("file", "doc"),
    field_of("file", "docs", maxSelect=3),
    field_of("autodate", "created", onCreate=True),
    relation("owner", "people"),
    relation("team", "people", maxSelect=5),
)
FULL = {
    "title": "ann",
    "n": 2,
    "public": True,
    "js": {"a": 1, "b": ["x"]},
    "day": "2024-01-02 03:04:05.000Z",
    "place": {"lon": 1, "lat": 2},
    "kinds": ["a", "aa"],
    "secret": "x",
    "owner": ANN,
    "team": [ANN, BOB],
}
BARE = {
    "title": "text",
    "n": 0,
    "public": False,
    "js": None,
    "day": "",
    "kinds": ["b"],
    "secret": "",
    "owner": BOB,
    "team": [ANN],
}
WORLD: list[Step] = [
    *people("people", "ann", "bob"),
    change("boss", "people", fields=[CHEAP, field_of("text", "name"), relation("boss", "people")]),
    update("ann has a boss", "su", "people", ANN, {"boss": BOB}),
    collection("notes", field_of("text", "text"), field_of("text", "by")),
    create("a note", "su", "notes", {"text": "text", "by": ANN}),
]


def ruled(number: int, rule: str | None) -> list[Step]:
    """Create a collection with a list rule; the view rule has a way in for a certain header."""
    name = f"rule{number}"
    text = rule and rule.replace("{name}", name)
    view_rule = text and f"({text}) || @request.headers.key = '1'"
    return [
        collection(name, *FIELDS),
        change("next", name, fields=[*FIELDS, relation("next", name)]),
        change("rules", name, listRule=text, viewRule=view_rule),
    ]


def written(number: int, rule: str | None) -> list[Step]:
    """Make every kind of change under a rule."""
    name, row = f"rule{number}", row_id(number)
    files: Files = {
        "doc": ("doc.txt", b"a"),
        "docs": ("page.txt", b"b"),
        "docs+": ("more.txt", b"c"),
    }
    values = {"id": f"files{number}".ljust(15, "0"), "title": "files", "next": row}
    return [
        create(f"full {rule}", "su", name, {"id": row, **FULL}),
        update(f"bare {rule}", "ann", name, row, BARE),
        create(f"files {rule}", "bob", name, values, files=files),
        update(f"seen {rule}", "guest", name, row, {"n": 3, "title": "next"}),
        delete(f"delete {rule}", "guest", name, row),
    ]


TOPICS = [
    topic.replace("{name}", f"rule{number}").replace("{row}", row_id(number))
    for number in range(len(RULES))
    for topic in ("{name}/*", "{name}_id/{row}", *OPTIONS)
]
STORIES = [
    Story(
        "rules",
        [
            *WORLD,
            *(step for number, rule in enumerate(RULES) for step in ruled(number, rule)),
            *(Listen("topics", actor, tuple(TOPICS)) for actor in ACTORS),
        ],
        [step for number, rule in enumerate(RULES) for step in written(number, rule)],
    )
]


@every_step(STORIES)
def test_the_same_change_is_heard_under_the_same_rule(told: Told, story: Story, place: int) -> None:
    check(told[story][place])


def test_most_rules_let_somebody_in_and_keep_somebody_out(told: Told) -> None:
    outcomes = told[STORIES[0]]
    choosy = 0
    for number in range(len(RULES)):
        heard = [
            any(message.topic == f"rule{number}/*" for message in outcome.heard[0][actor])
            for outcome in outcomes
            if isinstance(outcome.step, Write) and f"/rule{number}/" in outcome.step.path
            for actor in ("guest", "ann", "bob")
        ]
        choosy += any(heard) and not all(heard)
    assert choosy > len(RULES) * 0.6

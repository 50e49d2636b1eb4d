"""Realtime filters along relations whose targets have list rules, under every kind of rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.realtime_story import (
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
    row_id,
    update,
    user_id,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.realtime_story import Step, Told

ANN, BOB = user_id("ann"), user_id("bob")

RULES = (
    "",
    "t = 'x'",
    "kind:each = 'k'",
    "kinds:each = 'k'",
    "kinds:each ?= 'k'",
    "kinds:each != 'l'",
    "kinds:length = 1",
    "team.name = 'ann'",
    "team.name ?= 'ann'",
    "next.kinds:each = 'k'",
    "b_via_tags.t != 'two'",
    "b_via_tags.tags.t = 'x'",
    "@collection.b.parent ?= id",
    "@collection.b.t != t",
    "team.id ?= @request.auth.id",
    "@request.auth.a_via_team.t != t",
    "@request.context = 'realtime' && kinds:each != 'k'",
)
FILTERS = {
    "b": (
        "tags.t ?= 'x'",
        "tags.t = 'x'",
        "tags.t != 'y'",
        "tags.kinds:each ?= 'k'",
        "tags.id != ''",
        "parent.t != 'y'",
        "t = 'one' || tags.t ?= 'x'",
    ),
    "c": ("posts.tags.t ?= 'x'", "posts.tags.t != 'y'", "parent.tags.next.t ?= 'x'"),
}
A, B, C = ([row_id(100 * kind + number) for number in range(5)] for kind in (1, 2, 3))

FIELDS = (
    field_of("text", "t"),
    field_of("select", "kind", values=["k", "l"]),
    field_of("select", "kinds", values=["k", "l"], maxSelect=2),
    relation("team", "people", maxSelect=5),
)
WORLD: list[Step] = [
    *people("people", "ann", "bob"),
    collection("a", *FIELDS),
    change("to itself", "a", fields=[*FIELDS, relation("next", "a", maxSelect=5)]),
    collection(
        "b", field_of("text", "t"), relation("tags", "a", maxSelect=5), relation("parent", "a")
    ),
    collection(
        "c", field_of("text", "t"), relation("posts", "b", maxSelect=5), relation("parent", "b")
    ),
    create("a1", "su", "a", {"id": A[1], "t": "x", "kind": "k", "kinds": ["k"], "team": [ANN]}),
    create("a2", "su", "a", {"id": A[2], "t": "y", "kind": "l", "kinds": ["l"], "next": [A[1]]}),
    create(
        "a3",
        "su",
        "a",
        {"id": A[3], "t": "z", "kinds": ["k", "l"], "team": [ANN, BOB], "next": [A[1], A[2]]},
    ),
    create("b1", "su", "b", {"id": B[1], "t": "one", "tags": [A[1], A[2]], "parent": A[1]}),
    create("b2", "su", "b", {"id": B[2], "t": "two", "tags": [A[3], A[1]], "parent": A[2]}),
    create("b3", "su", "b", {"id": B[3], "t": "three"}),
    create("c1", "su", "c", {"id": C[1], "posts": [B[1], B[2]], "parent": B[2]}),
    create("c2", "su", "c", {"id": C[2], "posts": [B[3]], "parent": B[1]}),
]
TOPICS = [
    with_options(f"{name}/*", filter=text) for name, texts in FILTERS.items() for text in texts
]


def under(rule: str) -> list[Step]:
    """Write to what leads to `a`, whose list rule is this one."""
    return [
        change(f"rule {rule}", "a", listRule=rule),
        *(update(f"b {rule}", "guest", "b", record_id, {}) for record_id in B[1:4]),
        *(update(f"c {rule}", "guest", "c", record_id, {}) for record_id in C[1:3]),
        create(f"new {rule}", "guest", "c", {"id": C[0], "posts": [B[2], B[3]], "parent": B[3]}),
        delete(f"gone {rule}", "guest", "c", C[0]),
    ]


STORIES = [
    Story(
        "list rules",
        [*WORLD, *listens(*TOPICS)],
        [step for rule in RULES for step in under(rule)],
    )
]


@every_step(STORIES)
def test_the_same_change_is_heard_under_the_same_rule(told: Told, story: Story, place: int) -> None:
    check(told[story][place])


def test_most_rules_keep_something_from_somebody(told: Told) -> None:
    counts = [outcome.count for outcome in told[STORIES[0]]]
    size = len(counts) // len(RULES)
    heard = [sum(counts[start : start + size]) for start in range(0, len(counts), size)]
    assert min(heard) > 0
    assert sum(count < heard[0] for count in heard) > len(RULES) * 0.8

"""Which rows a client's filter or sort finds along relations whose targets have list rules.

The list rule of every collection of a path counts (SEC-24). It is asked of each related row by
itself: a plain operator on several values must hold for all values of that row, not of all
related rows together. FUZZ_SEEDS="100 200" in the environment takes the seeds from 100 to 199.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, filters, made, sorts
from tests.differential.fuzz_list_rules import fuzz
from tests.differential.rule_worlds import people
from tests.differential.steps import Actor, collections, guest, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Json, Step

ROUNDS = 15
SEEDS = range(*map(int, os.environ.get("FUZZ_SEEDS", "1 4").split()))

ANNA, BERT = "lsanna000000000", "lsbert000000000"

RULES = (
    "",
    "t = 'x' || t = 'z'",
    "kind:each = 'k'",
    "kinds:each = 'k'",
    "kinds:each ?= 'k'",
    "kinds:each != 'l'",
    "kinds:each = ''",
    "kinds:each ~ t",
    "kinds:length = 1",
    "owner.role = 'editor'",
    "team.role = 'editor'",
    "team.role ?= 'editor'",
    "team.role != 'editor'",
    "team.id = owner.id",
    "next.t != 'y'",
    "next.kinds:each = 'k'",
    "next.next.kinds:length < 2",
    "ls_b_via_tags.t != 'b2'",
    "ls_b_via_tags.tags.t = 'x'",
    "ls_c_via_only.t = 'c1'",
    "@collection.ls_b.t != t",
    "@collection.ls_b.parent ?= id && @collection.ls_b.t ?!= 'b3'",
    "@collection.ls_b.tags:each = id",
    "@request.auth.id != ''",
    "@request.auth.role = 'editor' && kinds:each != 'l'",
    "@request.auth.ls_a_via_team.t != t",
    "team.id ?= @request.auth.id",
    "team.id != @request.auth.id",
    "strftime('%Y', next.t) = ''",
    "(kinds:each = 'k' && team:length = 0) || next.t = t",
)
"""List rules of ls_a, to which all paths lead."""

ONE_STEP = (
    "tags.t ?= 'x'",
    "tags.t = 'x'",
    "tags.t != 'y'",
    "tags.t ?!= 'y'",
    "tags.kinds:each ?= 'k'",
    "tags.kinds:each != 'l'",
    "tags.kinds:length ?> 0",
    "tags.id != ''",
    "parent.t != 'y'",
    "t = 'b1' || tags.t ?= 'x'",
    "tags.t ?= 'x' && parent.t != ''",
    "'x' ?= tags.t",
    "tags.t ?= parent.t",
)
MORE_STEPS = (
    "posts.tags.t ?= 'x'",
    "posts.tags.t != 'y'",
    "parent.tags.t != 'y'",
    "parent.parent.t = 'x'",
    "posts.parent.kinds:each ?= 'k'",
    "posts.tags.next.t ?= 'x'",
    "parent.ls_c_via_posts.only.t ?= 'x'",
)
BACK = ("ls_b_via_tags.tags.t ?= 'x'", "ls_a_via_next.t != 'z'", "next.ls_b_via_tags.t ?= 'b1'")
LONG = (
    *("ls_c_via_posts.t ?= 'c1'", "tags.next.next.next.next.next.t ?!= 'q'"),
    *("parent.next.next.next.next.next.t ?!= 'q'", "ls_c_via_parent.only.next.next.t ?!= 'q'"),
    *(
        f"{link}.tags.next.next.next.t ?!= 'q'"
        for link in ("tags.ls_b_via_parent", "parent.ls_b_via_tags")
    ),
    *("parent.ls_b_via_parent.tags.next.next.t ?!= 'q'", "tags.ls_b_via_tags.tags.next.t ?!= 'q'"),
    *("tags.next.ls_b_via_tags.tags.t ?!= 'q'", "parent.next.ls_b_via_tags.tags.t ?!= 'q'"),
)
"""Together they join more tables than SQLite takes in one SELECT."""

PEOPLE = ("ls_a_via_team.t ?= 'x'", "ls_a_via_owner.ls_b_via_tags.t != 'b2'")


def world() -> list[Step | list[Step]]:
    """ls_c -> posts (many), parent of ls_b -> tags (many), parent of ls_a -> next (many)."""

    def link(name: str, target: str, most: int = 1) -> dict[str, Json]:
        return field("relation", name, collectionId=f"{target}_id", maxSelect=most)

    values = ["k", "l"]
    fields = [
        field("text", "t"),
        field("select", "kind", values=values),
        field("select", "kinds", values=values, maxSelect=2),
        link("owner", "ls_users"),
        link("team", "ls_users", 9),
    ]
    index = "CREATE UNIQUE INDEX ls_only ON ls_c (only) WHERE only != ''"
    return [
        *people("ls"),
        base("ls_a", *fields, id="ls_a_id"),
        su.patch(collections("ls_a"), {"fields": [*fields, link("next", "ls_a", 9)]}),
        base(
            "ls_b",
            field("text", "t"),
            link("tags", "ls_a", 9),
            link("parent", "ls_a"),
            id="ls_b_id",
        ),
        base(
            "ls_c",
            *(field("text", "t"), link("posts", "ls_b", 9), link("parent", "ls_b")),
            link("only", "ls_a"),
            id="ls_c_id",
            indexes=[index],
        ),
        made(
            "ls_a",
            {"id": a(1), "t": "x", "kind": "k", "kinds": ["k"], "owner": ANNA, "team": [ANNA]},
            {"id": a(2), "t": "y", "kind": "l", "kinds": ["l"], "owner": BERT, "next": [a(1)]},
            {"id": a(3), "t": "z", "kinds": ["k", "l"], "team": [ANNA, BERT], "next": [a(1), a(2)]},
            {"id": a(4), "t": "x", "team": [BERT], "next": [a(3)]},
        ),
        made(
            "ls_b",
            {"id": b(1), "t": "b1", "tags": [a(1), a(2)], "parent": a(1)},
            {"id": b(2), "t": "b2", "tags": [a(2)], "parent": a(2)},
            {"id": b(3), "t": "b3", "tags": [a(3), a(1)], "parent": a(3)},
            {"id": b(4), "t": "b4", "tags": [a(4), a(3), a(2), a(1)]},
            {"id": b(5), "t": "b5"},
        ),
        made(
            "ls_c",
            {"id": c(1), "t": "c1", "posts": [b(1), b(2)], "parent": b(1), "only": a(1)},
            {"id": c(2), "t": "c2", "posts": [b(3)], "parent": b(3), "only": a(2)},
            {"id": c(3), "t": "c3", "posts": [b(5), b(4)], "parent": b(5), "only": a(3)},
            {"id": c(4), "t": "c4"},
        ),
    ]


def a(number: int) -> str:
    return f"lsa{number}".ljust(15, "0")


def b(number: int) -> str:
    return f"lsb{number}".ljust(15, "0")


def c(number: int) -> str:
    return f"lsc{number}".ljust(15, "0")


def under(rule: str) -> list[Step]:
    """Let guest, user and superuser ask along paths to ls_a under a list rule."""
    steps = [su.patch(collections("ls_a", fields="listRule"), {"listRule": rule})]
    for actor in (guest, Actor("ls_anna")):
        steps += filters("ls_b", *ONE_STEP, actor=actor)
        steps += filters("ls_c", *MORE_STEPS, actor=actor)
        steps += filters("ls_users", *PEOPLE, actor=actor)
        steps += sorts("ls_b", "parent.t,id", actor=actor)
        steps += sorts("ls_c", "-parent.parent.t,id", actor=actor)
    if rule in ("", "kinds:each = 'k'"):
        steps += filters("ls_a", *BACK, actor=guest) + filters("ls_b", *ONE_STEP, actor=su)
        several = [" && ".join(LONG[:count]) for count in range(5, len(LONG) + 1)]
        steps += filters("ls_b", *several, actor=guest)
    return steps


SCENARIOS = [
    scenario("list rules", *world(), *map(under, RULES)),
    *(fuzz(seed, ROUNDS) for seed in SEEDS),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)


def test_most_rules_hide_something_and_show_something(pair: Pair) -> None:
    """Else the servers would only agree on nothing."""
    outcomes = pair.outcomes(SCENARIOS[0])
    totals: dict[str, list[int]] = {}
    rule = ""
    for step, outcome in zip(SCENARIOS[0].steps, outcomes, strict=True):
        if step.method == "PATCH":
            rule = outcome.left.body.decode()
        elif step.method == "GET" and step.actor == "ls_anna":
            totals.setdefault(rule, []).append(outcome.left.body.count(b'"id"'))
    open_totals = next(iter(totals.values()))
    choosy = [found for found in totals.values() if found != open_totals and any(found)]
    assert len(choosy) > len(RULES) * 0.8

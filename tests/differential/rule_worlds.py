"""Collections with rules, and users who try them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, auth_collection, base, field, made, user
from tests.differential.steps import Actor, guest, records, su

if TYPE_CHECKING:
    from tests.differential.steps import Json, Step

A1, A2, A3 = "aaaaaaaaaaaaaa1", "aaaaaaaaaaaaaa2", "aaaaaaaaaaaaaa3"


def all_rules(rule: str | None) -> dict[str, Json]:
    names = ("listRule", "viewRule", "createRule", "updateRule", "deleteRule")
    return dict.fromkeys(names, rule)


def people(prefix: str) -> list[Step | list[Step]]:
    """Create PREFIX_users with anna (verified, an editor) and bert."""
    users = f"{prefix}_users"
    return [
        auth_collection(users, CHEAP, field("text", "role"), id=f"{users}_id"),
        user(users, f"{prefix}anna".ljust(15, "0"), f"{prefix}_anna", role="editor", verified=True),
        user(users, f"{prefix}bert".ljust(15, "0"), f"{prefix}_bert"),
    ]


def actors(prefix: str) -> tuple[Actor, ...]:
    return guest, Actor(f"{prefix}_anna"), Actor(f"{prefix}_bert"), su


def five(collection: str, *who: Actor, body: Json = None) -> list[Step]:
    """Ask for all five actions on the rows A1 and A2, as each actor."""
    steps = []
    for actor in who:
        steps += [
            actor.get(records(collection, sort="@rowid")),
            actor.get(records(collection, A1)),
            actor.get(records(collection, A2)),
            actor.post(records(collection), body or {"t": "new"}),
            actor.patch(records(collection, A1), body or {"t": "changed"}),
            actor.patch(records(collection, A2), body or {"t": "changed"}),
            actor.delete(records(collection, A3)),
            actor.delete(records(collection, "missing")),
        ]
    return steps


def creates(collection: str, *texts: str, actor: Actor = guest) -> list[Step]:
    return [actor.send("POST", records(collection), text) for text in texts]


def patches(collection: str, *texts: str, actor: Actor = guest) -> list[Step]:
    return [actor.send("PATCH", records(collection, A1), text) for text in texts]


def for_each(prefix: str, *rules: str | None) -> list[Step | list[Step]]:
    """Run all five actions of everyone on one collection per rule."""
    steps: list[Step | list[Step]] = []
    for index, rule in enumerate(rules):
        name = f"{prefix}_{index}"
        steps += [
            base(name, *rule_fields(prefix), **all_rules(rule)),
            made(name, {"id": A1, "t": "x", "owner": f"{prefix}anna".ljust(15, "0")}),
            made(name, {"id": A2, "t": "y"}, {"id": A3, "t": "z"}),
            five(name, *actors(prefix)),
        ]
    return steps


def rule_fields(prefix: str) -> list[dict[str, Json]]:
    users = f"{prefix}_users_id"
    return [
        field("text", "t"),
        field("relation", "owner", collectionId=users),
        field("relation", "team", collectionId=users, maxSelect=5),
        field("number", "n"),
        field("select", "tags", values=["a", "b", "c"], maxSelect=3),
        field("json", "js"),
        field("text", "secret", hidden=True),
    ]


def with_rule(prefix: str, name: str, **rules: Json) -> list[Step]:
    """Create a collection with the given rules and one row A1 owned by anna."""
    anna = f"{prefix}anna".ljust(15, "0")
    row = {"id": A1, "t": "x", "owner": anna, "n": 5, "tags": ["a", "b"], "secret": "s"}
    options = all_rules("") | rules
    return [
        base(f"{prefix}_{name}", *rule_fields(prefix), **options),
        *made(f"{prefix}_{name}", row),
    ]

"""Random stories from a seed: collections with rules, subscribers, and writes of every kind.

The same seed makes the same story. Rules, filters and expansions are drawn from lists of real
ones. The superuser hears of every change: what others may hear otherwise than from PocketBase,
by design, is known by that (see `differences`).
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.differential.fuzz_realtime_rules import (
    EXPANDS,
    FAR_FILTERS,
    FAR_RULES,
    FIELDS,
    FILTERS,
    OWN_RULES,
    ROW_RULES,
)
from tests.differential.listeners import MARKER
from tests.differential.realtime_story import (
    PASSWORD,
    Form,
    Listen,
    Outcome,
    SignIn,
    Step,
    Story,
    Write,
    batch,
    change,
    collection,
    create,
    delete,
    field_of,
    people,
    relation,
    update,
    user_id,
    view,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.differential.listeners import Heard

USERS = ("x", "y", "z")
ACTORS = ("guest", "other", "x", "y", "su")
BASES = ("a", "b", "c")
ROWS = 5
TITLES = ("a", "b", "x", "open", "")
OPEN_WRITES = {"createRule": "", "updateRule": "", "deleteRule": ""}

ALL = tuple(f"{name}/*" for name in (*BASES, "u"))


@dataclass(eq=False)
class Fuzzer:
    """Makes the story of one seed.

    Attributes:
        is_near: rules read nothing but the record and the reader, so writes need not wait for
            each other: what else a rule reads is as it is when the rule is asked.
        rows: the ids that are probably there, by collection.
    """

    seed: int
    pick: random.Random = field(init=False)
    is_near: bool = field(init=False)
    rows: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in BASES})

    def __post_init__(self) -> None:
        self.pick = random.Random(self.seed)
        self.is_near = self.seed % 3 == 0

    def story(self, count: int) -> Story:
        """Return the story."""
        world = self._world()
        steps: list[Step] = []
        while len(steps) < count:
            steps += self._step()
        return Story(f"seed {self.seed}", world, steps, grace_s=1.0)

    # the world

    def _world(self) -> list[Step]:
        common = (
            *(field_of("text", "title"), field_of("number", "n"), field_of("bool", "public")),
            field_of("text", "secret", hidden=True),
        )
        world = people("u", *USERS[:2], fields=common)
        password, *named = world[0].body["fields"]  # type: ignore[union-attr]
        boss = relation("boss", "u", cascadeDelete=self._chance(0.1))
        world.append(change("boss", "u", fields=[password, *named, boss]))
        world += [
            collection(
                "a",
                *common,
                field_of("json", "js"),
                field_of("select", "kinds", values=["k", "kk", "l"], maxSelect=2),
                self._link("owner", "u"),
                self._link("team", "u", maxSelect=4),
            ),
            collection(
                "b",
                *common,
                self._link("owner", "u"),
                self._link("parent", "a"),
                self._link("tags", "a", maxSelect=4),
            ),
            collection("c", *common, self._link("owner", "u"), self._link("parent", "b")),
            view("v", "select id, title, n from a"),
        ]
        world += [
            self._create(name, "su", f"row{number}".ljust(15, "0"), 1)
            for name in BASES
            for number in range(ROWS)
        ]
        world += [change(f"rules of {name}", name, **self._rules(name)) for name in (*BASES, "u")]
        return world + [self._listen(actor) for actor in ACTORS]

    def _link(self, name: str, target: str, **options: Any) -> dict[str, Any]:
        return relation(name, target, cascadeDelete=self._chance(0.4), **options)

    def _rules(self, name: str) -> dict[str, Any]:
        rules = {kind: self._rule(name) for kind in ("listRule", "viewRule")}
        if name == "u":
            rules["manageRule"] = self.pick.choice([None, "n > 1", "@request.auth.name = 'y'"])
        return rules

    def _rule(self, name: str) -> str | None:
        known = [*OWN_RULES, *ROW_RULES[name] * 2]
        if not self.is_near:
            known += FAR_RULES[name] * 2
        rule = self.pick.choice(known)
        if rule and self._chance(0.25):
            other = self.pick.choice(known) or "n > 0"
            rule = f"({rule}) {self.pick.choice(['&&', '||'])} ({other})"
        return rule

    # subscriptions

    def _listen(self, actor: str) -> Listen:
        return Listen(f"{actor} listens", actor, self._topics(actor))

    def _topics(self, actor: str) -> tuple[str, ...]:
        chosen = [self._topic() for _ in range(self.pick.randint(3, 14))]
        if actor == "su":
            chosen += ALL
        return tuple(dict.fromkeys(chosen))

    def _topic(self) -> str:
        name = self.pick.choice([*BASES, *BASES, "u", "v"])
        row_id = self._user() if name == "u" else self._row("a" if name == "v" else name)
        text = self.pick.choice(["{0}/*", "{0}_id/*", "{0}", "{0}_id", "{0}/{1}", "{0}_id/{1}"])
        text = text.format(name, row_id)
        if name == "v" or self._chance(0.4):
            return text
        query: dict[str, str] = {}
        if self._chance(0.4):
            far = () if self.is_near else FAR_FILTERS[name]
            query["filter"] = self.pick.choice([*FILTERS[name], *far])
        if self._chance(0.4) and not self.is_near:
            query["expand"] = self.pick.choice(EXPANDS[name])
        if self._chance(0.25):
            query["fields"] = self.pick.choice(FIELDS)
        if self._chance(0.15):
            query["key"] = "open"
        headers = {"X-Key": self.pick.choice(["open", "a"])} if self._chance(0.3) else {}
        return with_options(text, headers, **query)

    # writes

    def _step(self) -> list[Step]:
        makers: list[tuple[float, Callable[[], list[Step]]]] = [
            (14, lambda: [self._write()]),
            (4, self._batch),
            (3, lambda: [self._listen(self.pick.choice(ACTORS))]),
            (2, self._change_rules),
            (3, self._change_user),
            (1, self._end_auth),
            (1, self._sign_in),
            (0.5, self._delete_user),
            (0.3, self._truncate),
            (0.3, self._upgrade),
            (4 if self.is_near else 0, self._run),
        ]
        weights = [weight for weight, _ in makers]
        return self.pick.choices([maker for _, maker in makers], weights)[0]()

    def _write(self, **more: Any) -> Write:
        name, actor = self.pick.choice(BASES), self.pick.choice(ACTORS)
        match self.pick.choices(["create", "update", "delete"], [6, 8, 3])[0]:
            case "create":
                return self._create(name, actor, self._new_row(name), **more)
            case "update":
                body = self._values(name, 0.4)
                return update(f"update {name}", actor, name, self._row(name), body, **more)
            case _:
                row_id = self._row(name)
                self.rows[name] = [each for each in self.rows[name] if each != row_id]
                return delete(f"delete {name}", actor, name, row_id, **more)

    def _create(self, name: str, actor: str, row_id: str, given: float = 0.9, **more: Any) -> Write:
        body = {"id": row_id} | self._values(name, given)
        self.rows[name].append(row_id)
        return create(f"create {name}", actor, name, body, **more)

    def _run(self) -> list[Step]:
        """Write several times at once, that is without waiting for what is heard."""
        count = self.pick.randint(2, 5)
        return [*(self._write(is_waited_for=False) for _ in range(count)), self._write()]

    def _batch(self) -> list[Step]:
        writes = [self._write() for _ in range(self.pick.randint(2, 5))]
        return [batch("batch", self.pick.choice(ACTORS), *writes)]

    def _change_rules(self) -> list[Step]:
        name = self.pick.choice([*BASES, "u"])
        return [change(f"rules of {name}", name, **self._rules(name))]

    def _change_user(self) -> list[Step]:
        values: dict[str, Any] = {
            "name": self.pick.choice(["x", "y", "z"]),
            "n": self.pick.randint(0, 3),
            "verified": self._chance(0.5),
            "emailVisibility": self._chance(0.5),
            "boss": self.pick.choice(["", *map(user_id, USERS[:2])]),
            "public": self._chance(0.5),
        }
        chosen = {key: value for key, value in values.items() if self._chance(0.3)}
        return [update("user changes", "su", "u", self._user(), chosen)]

    def _end_auth(self) -> list[Step]:
        if self._chance(0.2):
            token = {"secret": f"{self.pick.randint(0, 9**9)}".rjust(50, "s"), "duration": 10000}
            return [change("secret", "u", authToken=token)]
        values = {"password": PASSWORD, "passwordConfirm": PASSWORD}
        return [update("password", "su", "u", self._user(), values)]

    def _sign_in(self) -> list[Step]:
        actor = self.pick.choice(["x", "y"])
        return [SignIn(f"{actor} signs in", actor, "u"), self._listen(actor)]

    def _delete_user(self) -> list[Step]:
        steps: list[Step] = [delete("user goes", "su", "u", self._user())]
        if self._chance(0.7):
            for name in USERS[:2]:
                values = {"id": user_id(name), "email": f"{name}@example.com", "name": name}
                body = values | {"password": PASSWORD, "passwordConfirm": PASSWORD}
                steps.append(create(f"{name} is back", "su", "u", body))
        return steps

    def _truncate(self) -> list[Step]:
        name = self.pick.choice(BASES)
        path = f"/api/collections/{name}/truncate"
        return [Write(f"truncate {name}", "su", "DELETE", path)]

    def _upgrade(self) -> list[Step]:
        body = {"clientId": "{other}", "subscriptions": [*self._topics("other"), MARKER]}
        return [Form("the other is x", "x", body)]

    # values

    def _values(self, name: str, given: float = 0.9) -> dict[str, Any]:
        values: dict[str, Any] = {
            "title": self.pick.choice(TITLES),
            "n": self.pick.randint(0, 4),
            "public": self._chance(0.5),
            "secret": self.pick.choice(["", "s"]),
            "owner": self.pick.choice(["", self._user(), self._user()]),
        }
        if name == "a":
            values["team"] = [self._user() for _ in range(self.pick.randint(0, 2))]
            values["kinds"] = self.pick.sample(["k", "kk", "l"], self.pick.randint(0, 2))
            values["js"] = self.pick.choice([None, {"a": 1}, [1]])
        else:
            target = "a" if name == "b" else "b"
            values["parent"] = self.pick.choice(["", *[self._row(target) for _ in range(4)]])
        if name == "b":
            values["tags"] = [self._row("a") for _ in range(self.pick.randint(0, 3))]
        return {key: value for key, value in values.items() if self._chance(given)}

    def _row(self, name: str) -> str:
        """Return the id of a row that is probably there."""
        return self.pick.choice(self.rows[name] or [self._new_row(name)])

    def _new_row(self, name: str) -> str:
        """Return the id of a row that is probably not there."""
        ids = [f"row{number}".ljust(15, "0") for number in range(2 * ROWS)]
        return self.pick.choice([each for each in ids if each not in self.rows[name]] or ids)

    def _user(self) -> str:
        return user_id(self.pick.choice(USERS[:2]))

    def _chance(self, share: float) -> bool:
        return self.pick.random() < share


def differences(outcome: Outcome) -> list[str]:
    """Return what differs and should not.

    By design a record that is changed again before it is judged is judged otherwise, and what
    is deleted along with other things is expanded otherwise: see docs/differences.md.
    """
    listed = outcome.heard[0].get("su", [])
    changed = [_record_of(each) for each in listed if each.topic in ALL]
    often = {key for key, count in Counter(changed).items() if count > 1}
    left, right = (
        {name: list(_fixed(name, heard, often, len(changed))) for name, heard in side.items()}
        for side in outcome.heard
    )
    return Outcome(outcome.step, outcome.answers, (left, right)).differences


def _fixed(name: str, heard: list[Heard], often: set[str], changes: int) -> Iterable[Heard]:
    """Leave out of messages what may differ."""
    for each in heard:
        if _record_of(each) in often and (name != "su" or "filter" in each.topic):
            continue
        if changes > 1 and "expand" in each.topic and each.action == "delete":
            record = {key: value for key, value in each.record.items() if key != "expand"}
            yield each._replace(data=f"delete {record}")
        else:
            yield each


def _record_of(message: Heard) -> str:
    name = message.topic.partition("?")[0].partition("/")[0].removesuffix("_id")
    return f"{name}/{message.record['id']}"


def fuzz(seed: int, count: int) -> Story:
    """Return the story of a seed with `count` steps, or a few more."""
    return Fuzzer(seed).story(count)

"""Make random scenarios from a seed: collections, rows, changes of the schema, queries.

The same seed makes the same steps, so a failure is reproduced by its seed alone. Names and
ids are chosen here, and most values fit their field: a random step must have a fair chance to
be accepted, or both servers would only agree on refusals.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, sign_in
from tests.differential.fuzz_filters import Grammar
from tests.differential.fuzz_values import FIELD_TYPES, Values
from tests.differential.steps import (
    Actor,
    collections,
    fixture,
    guest,
    leaking,
    records,
    scenario,
    su,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.steps import Json, Scenario, Step

BASES = ("a", "b", "c")
ROWS = 6
PASSWORD = "1234567890"


@dataclass(eq=False)
class World:
    """What the steps so far have made: the fields by collection, the ids of rows."""

    seed: int
    fields: dict[str, list[dict[str, Json]]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        return f"z{self.seed}"

    def name(self, short: str) -> str:
        """Return the full name of a collection; its id ends in `_id`."""
        return f"{self.prefix}_{short}"

    def row_id(self, short: str, number: int) -> str:
        """Return the id of a row: ids of auth records are unique over all collections."""
        return f"{self.prefix}{short}{number}".ljust(15, "0")


@dataclass(eq=False)
class Fuzzer:
    """Makes the steps of one seed."""

    world: World
    pick: random.Random
    values: Values = field(init=False)
    grammar: Grammar = field(init=False)

    def __post_init__(self) -> None:
        self.values = Values(self.pick)
        self.grammar = Grammar(self.pick, self.world.fields, self.world.prefix)
        self.actors = [su, guest, *(Actor(f"{self.world.prefix}_{name}") for name in "xy")]

    def setup(self) -> list[Step]:
        """Create the collections, users and rows."""
        world = self.world
        steps: list[Step] = []
        for short in ("u", *BASES):
            world.fields[short] = self._fields(short)
            world.ids[short] = [world.row_id(short, number) for number in range(ROWS)]
        steps += [
            fixture(su.post(collections(), self._collection(short))) for short in ("u", *BASES)
        ]
        for short in ("u", *BASES):
            added = [{"name": f"rel_{t}", **options} for t, options in self._relations()]
            world.fields[short] += added
            path = collections(world.name(short))
            steps.append(
                su.patch(
                    path,
                    {"fields": self._sent_fields(short), "indexes": self._indexes(short)},
                )
            )
        steps += self._users()
        for number in range(ROWS):
            steps += [self._row(short, number) for short in BASES]
        steps.append(self._view())
        for short in ("u", *BASES):
            steps += self._rules(short)
        return steps

    def step(self) -> list[Step]:
        """Return one random step, or several which belong together."""
        makers: list[tuple[int, Callable[[], list[Step]]]] = [
            (10, self._list),
            (3, self._view_record),
            (5, self._create),
            (5, self._update),
            (1, self._delete),
            (2, self._change_rules),
            (1, self._change_schema),
        ]
        weights = [weight for weight, _ in makers]
        return self.pick.choices([maker for _, maker in makers], weights)[0]()

    def _actor(self) -> Actor:
        return self.pick.choice(self.actors)

    def _short(self) -> str:
        return self.pick.choice(("u", *BASES))

    def _fields(self, short: str) -> list[dict[str, Json]]:
        kinds = self.pick.sample(FIELD_TYPES, self.pick.randint(4, 9))
        made = [{"name": f"f_{kind}".lower(), **self.values.options(kind)} for kind in kinds]
        made.append({"name": "f_title", "type": "text"})
        return [item | {"id": f"{short}_{item['name']}"} for item in made]

    def _relations(self) -> list[tuple[str, dict[str, Json]]]:
        chosen = self.pick.sample(("u", *BASES), self.pick.randint(1, 3))
        return [(target, self._relation(target)) for target in chosen]

    def _relation(self, target: str) -> dict[str, Json]:
        return {
            "type": "relation",
            "target": target,
            "collectionId": self.world.name(target) + "_id",
            "maxSelect": self.pick.choice([0, 1, 1, 2, 5, 5]),
            "cascadeDelete": self.pick.random() < 0.2,
        }

    def _sent_fields(self, short: str) -> list[dict[str, Json]]:
        sent = [
            {key: value for key, value in item.items() if key != "target"}
            for item in self.world.fields[short]
        ]
        return [CHEAP, *sent] if short == "u" else sent

    def _collection(self, short: str) -> dict[str, Json]:
        name = self.world.name(short)
        return {
            "id": f"{name}_id",
            "name": name,
            "type": "auth" if short == "u" else "base",
            "fields": self._sent_fields(short),
        }

    def _indexes(self, short: str) -> list[str]:
        found = []
        name = self.world.name(short)
        for item in self.world.fields[short]:
            if self.pick.random() < 0.15:
                unique = self.pick.choice(["", "", "UNIQUE "])
                extra = self.pick.choice(
                    ["", "", " DESC", " COLLATE NOCASE", f", `{item['name']}` ASC"]
                )
                where = self.pick.choice(["", "", f" WHERE `{item['name']}` != ''"])
                found.append(
                    f"CREATE {unique}INDEX `i_{name}_{item['name']}` "
                    f"ON `{name}` (`{item['name']}`{extra}){where}"
                )
        return found

    def _rules(self, short: str) -> list[Step]:
        """Set most rules, one by one: a wrong one must not keep the others out."""
        kinds = ["listRule", "viewRule", "createRule", "updateRule", "deleteRule"]
        if short == "u":
            kinds += ["manageRule", "authRule"]
        path = collections(self.world.name(short), fields="listRule")
        chosen = [kind for kind in kinds if self.pick.random() < 0.7]
        return [su.patch(path, {kind: self._rule(short)}) for kind in chosen]

    def _rule(self, short: str) -> str | None:
        chance = self.pick.random()
        if chance < 0.08:
            return None
        if chance < 0.45:
            return ""
        return self.grammar.rule(short)

    def _users(self) -> list[Step]:
        world, steps = self.world, []
        for number, record_id in enumerate(world.ids["u"]):
            name = f"{world.prefix}_{'xyzvwq'[number]}"
            body = self._body("u") | {
                "id": record_id,
                "email": f"{name}@example.com",
                "password": PASSWORD,
                "passwordConfirm": PASSWORD,
                "emailVisibility": number % 2 == 0,
                "verified": number == 0,
            }
            steps.append(su.post(records(world.name("u")), body))
            if number < 2:
                steps.append(sign_in(world.name("u"), f"{name}@example.com", PASSWORD, save=name))
        return steps

    def _row(self, short: str, number: int) -> Step:
        body = self._body(short) | {"id": self.world.row_id(short, number)}
        return su.post(records(self.world.name(short)), body)

    def _body(self, short: str, *, odd: float = 0.06, given: float = 0.85) -> dict[str, Json]:
        body: dict[str, Json] = {}
        for item in self.world.fields[short]:
            if self.pick.random() > given:
                continue
            if item["type"] == "relation":
                ids = self.world.ids[item["target"]]
                value: Json = self.pick.sample(ids, self.pick.randint(0, 3))
                if item["maxSelect"] <= 1:
                    value = self.pick.choice(["", *ids])
                if self.pick.random() < odd:
                    value = self.values.odd()
            else:
                value = self.values.value(item, odd)
            key = item["name"]
            if self.pick.random() < odd * 2:
                key = self.pick.choice(
                    [f"{key}+", f"{key}-", f"+{key}", f"{key}:autogenerate", key.upper()]
                )
            body[key] = value
        return body

    def _create(self) -> list[Step]:
        short, actor = self._short(), self._actor()
        body = self._body(short, odd=0.2, given=0.6)
        if short == "u":
            body |= {"password": PASSWORD, "passwordConfirm": PASSWORD}
            if self.pick.random() < 0.7:
                body["email"] = f"n{self.pick.randint(0, 99)}@example.com"
        # Always given: rows are sorted by their ids, which may not be random.
        body["id"] = f"{self.world.prefix}{self.pick.randint(0, 9**9)}"[:15].ljust(15, "0")
        self.world.ids[short].append(body["id"])
        return [
            self._send(actor, "POST", records(self.world.name(short), **self._shape(short)), body)
        ]

    def _update(self) -> list[Step]:
        short, actor = self._short(), self._actor()
        record_id = self.pick.choice(self.world.ids[short])
        body = self._body(short, odd=0.25, given=0.35)
        path = records(self.world.name(short), record_id, **self._shape(short))
        return [self._send(actor, "PATCH", path, body)]

    def _send(self, actor: Actor, method: str, path: str, body: dict[str, Json]) -> Step:
        chance = self.pick.random()
        if chance < 0.75:
            send = actor.post if method == "POST" else actor.patch
            return leaking(send(path, body))
        pairs = [
            (key, _form_text(value))
            for key, values in body.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        if chance < 0.88:
            return leaking(actor.form(path, pairs, method))
        parts: list[Json] = [(name, _one_line(value)) for name, value in pairs]
        if self.pick.random() < 0.4:
            parts.append(("f_file", "a b.txt", b"text"))
        if self.pick.random() < 0.2:
            parts.append(("@jsonPayload", '{"f_title":"from payload"}'))
        return leaking(actor.multipart(path, parts, method))

    def _delete(self) -> list[Step]:
        short = self._short()
        record_id = self.pick.choice(self.world.ids[short])
        return [leaking(self._actor().delete(records(self.world.name(short), record_id)))]

    def _list(self) -> list[Step]:
        short, actor = self.pick.choice([*BASES, *BASES, "u", "v"]), self._actor()
        query: dict[str, Json] = {}
        if self.pick.random() < 0.8:
            query["filter"] = self.grammar.filter(short, free=actor is su)
        if self.pick.random() < 0.4:
            query["sort"] = self.grammar.sort(short)
        else:
            query["sort"] = self.pick.choice(["id", "-id", "@rowid", "-@rowid,id"])
        if short == "v":
            query["sort"] = query["sort"].replace("@rowid", "id")
        query |= self._shape(short)
        if self.pick.random() < 0.2:
            query["page"] = self.pick.choice([1, 2, 0, -1, "x", 3])
            query["perPage"] = self.pick.choice([1, 2, 5, 0, -1, 1001])
        if self.pick.random() < 0.15:
            query["skipTotal"] = self.pick.choice(["1", "true", "0", "T", "x"])
        query["q"] = self.pick.choice(["a", "1", ""])
        return [actor.get(records(self.world.name(short), **query), headers={"X-Y": "head"})]

    def _view_record(self) -> list[Step]:
        short = self.pick.choice([*BASES, "u", "v"])
        record_id = self.pick.choice(self.world.ids["a" if short == "v" else short])
        path = records(self.world.name(short), record_id, q="a", **self._shape(short))
        return [self._actor().get(path)]

    def _shape(self, short: str) -> dict[str, Json]:
        shape: dict[str, Json] = {}
        if self.pick.random() < 0.35:
            shape["expand"] = self.grammar.expand(short)
        if self.pick.random() < 0.25:
            shape["fields"] = self.grammar.picked(short)
        return shape

    def _change_rules(self) -> list[Step]:
        short = self._short()
        return self._rules(short)

    def _change_schema(self) -> list[Step]:
        short = self.pick.choice(BASES)
        listed = self.world.fields[short]
        chance = self.pick.random()
        if chance < 0.3:
            kind = self.pick.choice(FIELD_TYPES)
            name = f"g_{kind}{self.pick.randint(0, 99)}".lower()
            listed.append({"name": name, "id": f"{short}_{name}", **self.values.options(kind)})
        elif chance < 0.5 and len(listed) > 4:
            listed.remove(self.pick.choice(listed))
        else:
            chosen = self.pick.choice(listed)
            if chosen["type"] in ("select", "relation", "file"):
                chosen["maxSelect"] = self.pick.choice([1, 2, 3])
            else:
                chosen["hidden"] = self.pick.random() < 0.5
        body = {"fields": self._sent_fields(short)}
        return [leaking(su.patch(collections(self.world.name(short)), body))]

    def _view(self) -> Step:
        table, other, title = self.world.name("a"), self.world.name("b"), "f_title"
        links = [item for item in self.world.fields["a"] if item["type"] == "relation"]
        columns = [f"x.{item['name']}" for item in self.world.fields["a"][:4]]
        number = f"cast(x.{title} as int) as f_number"
        joined = f"{table} x left join {other} y on y.id = x.{links[0]['name']}"
        part = f"{table} x where x.{title} != 'a'"
        query = self.pick.choice(
            [
                f"select x.id, {', '.join(columns)}, x.{title} as other from {table} x",
                f"select id, count(id) as total, max({title}) as top from {table} group by id",
                f"select x.id, y.{title}, y.id as rel_b, {columns[0]} from {joined}",
                f"select (x.id || '') as id, {number}, x.{title} from {part}",
            ]
        )
        self.world.fields["v"] = [
            {"name": title, "type": "text"},
            {"name": "f_number", "type": "json"},
        ]
        body = {"name": self.world.name("v"), "type": "view", "viewQuery": query}
        return leaking(su.post(collections(), body | {"listRule": "", "viewRule": ""}))


def _form_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def fuzz(seed: int, count: int) -> Scenario:
    """Return the scenario of a seed with `count` random steps after its setup."""
    fuzzer = Fuzzer(World(seed), random.Random(seed))
    steps = fuzzer.setup()
    for _ in range(count):
        steps += fuzzer.step()
    return scenario(f"seed {seed}", steps)

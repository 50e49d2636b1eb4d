"""Random list rules on collections that clients' filters and sorts lead to.

The collections stay, and every round has new list rules. Rules and filters are dense in what
speaks of several rows or values: `:each`, relations and back relations, `@collection`, the
signed-in record's relations.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.differential.batteries import CHEAP, auth_collection, base, made, user, view
from tests.differential.batteries import field as field_of
from tests.differential.steps import Actor, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.steps import Json, Scenario, Step

WORDS = ("k", "l", "m")
LINKS: dict[str, dict[str, tuple[str, int]]] = {
    "u": {"boss": ("u", 1), "mates": ("u", 9)},
    "a": {"owner": ("u", 1), "team": ("u", 9), "next": ("a", 9)},
    "b": {"tags": ("a", 9), "parent": ("a", 1), "owner": ("u", 1)},
    "c": {"parent": ("b", 1), "posts": ("b", 9), "only": ("b", 1)},
    "v": {"tags": ("a", 9), "parent": ("a", 1)},
}
"""The relations of each collection: target and maxSelect; no two rows of c have one `only`."""

ROWS = 5
QUERIES = 20
_OPERATORS = ["=", "=", "!=", "!=", "~", "!~", "?=", "?=", "?!=", "?~", "?!~", ">", "?>", "<="]
_LITERALS = ["'k'", "'k'", "'l'", "'m'", "''", "null", "1", "0", "2", "true"]
_LEAVES = ["t", "t", "n", "id", "kind", "kind:each", "kinds"]
_LISTS = ["kinds:each", "kinds:each", "kinds:length"]


@dataclass(eq=False)
class Rounds:
    """Draws the steps of one seed."""

    seed: int
    pick: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.pick = random.Random(self.seed)

    @property
    def prefix(self) -> str:
        """What the names of this seed's collections begin with."""
        return f"lr{self.seed}"

    def name(self, short: str) -> str:
        """Return the name of a collection; its id ends in `_id`."""
        return f"{self.prefix}_{short}"

    def row_id(self, short: str, number: int) -> str:
        """Return the id of a row: ids of auth records are unique over all collections."""
        return f"{self.prefix}{short}{number}".ljust(15, "0")

    def world(self) -> list[Step | list[Step]]:
        """Create collections, users and rows."""
        steps: list[Step | list[Step]] = [
            auth_collection(self.name("u"), CHEAP, *self._fields(), id=self.name("u") + "_id"),
            *(base(self.name(s), *self._fields(), id=self.name(s) + "_id") for s in "abc"),
            *(self._add_links(short) for short in "uabc"),
        ]
        table = self.name("b")
        steps.append(
            view(self.name("v"), f"select id, t, n, kind, kinds, tags, parent from {table}")
        )
        for number in range(ROWS):
            who = f"{self.prefix}_{'xyzvw'[number]}"
            row = self.row_id("u", number)
            steps.append(user(self.name("u"), row, who, **self._values(), emailVisibility=True))
        steps += [self._linked("u", number) for number in range(ROWS)]
        for short in "abc":
            steps += [
                made(self.name(short), {"id": self.row_id(short, number)} | self._values())
                for number in range(ROWS)
            ]
        steps += [self._linked(short, number) for short in "abc" for number in range(ROWS)]
        return steps

    def _fields(self) -> list[dict[str, Json]]:
        return [
            field_of("text", "t"),
            field_of("number", "n"),
            field_of("select", "kind", values=WORDS),
            field_of("select", "kinds", values=WORDS, maxSelect=3),
        ]

    def _add_links(self, short: str) -> Step:
        links = [
            field_of("relation", name, collectionId=self.name(target) + "_id", maxSelect=most)
            for name, (target, most) in LINKS[short].items()
        ]
        body: dict[str, Json] = {"fields": [*([CHEAP] if short == "u" else ()), *self._fields()]}
        body["fields"] += links
        if short == "c":
            name = self.name("c")
            body["indexes"] = [
                f"CREATE UNIQUE INDEX `i_{name}` ON `{name}` (`only`) WHERE `only` != ''"
            ]
        return su.patch(collections(self.name(short), fields="id"), body)

    def _values(self) -> dict[str, Json]:
        return {
            "t": self.pick.choice(["", *WORDS]),
            "n": self.pick.randint(0, 2),
            "kind": self.pick.choice(["", *WORDS]),
            "kinds": self.pick.sample(WORDS, self.pick.randint(0, 2)),
        }

    def _linked(self, short: str, number: int) -> Step:
        body: dict[str, Json] = {}
        for name, (target, most) in LINKS[short].items():
            ids = [self.row_id(target, each) for each in range(ROWS)]
            if name == "only":
                body[name] = self.pick.choice(["", ids[number]])
            elif most == 1:
                body[name] = self.pick.choice(["", *ids])
            else:
                body[name] = self.pick.sample(ids, self.pick.choice([0, 1, 2, 2, 3]))
        return su.patch(records(self.name(short), self.row_id(short, number)), body)

    def round(self) -> list[Step]:
        """Give every collection a list rule, and ask one about rows along paths.

        That one is mostly open: of empty lists under a rule both servers answer few per second.
        """
        asked = self.pick.choice("uaabbbccccv")
        steps = []
        for short in LINKS:
            rule = "" if short == asked and self.pick.random() < 0.9 else self._rule(short)
            path = collections(self.name(short), fields="listRule")
            steps.append(su.patch(path, {"listRule": rule}))
        return steps + [self._query(asked) for _ in range(QUERIES)]

    def _rule(self, short: str) -> str | None:
        chance = self.pick.random()
        if chance < 0.02:
            return None
        return "" if chance < 0.25 else self._expression(short, [0, 0, 1, 1, 2], outside=0.25)

    def _query(self, short: str) -> Step:
        actor = self.pick.choice(
            [guest, guest, *(Actor(f"{self.prefix}_{who}") for who in "xy"), su]
        )
        query: dict[str, Json] = {"sort": "id", "fields": "id"}
        chance = self.pick.random()
        if chance < 0.75:
            query["filter"] = self._expression(short, [0, 1, 1, 2, 2, 3], outside=0.0)
        elif chance < 0.9:
            # of one row, since SQLite may put several values of a row in any order
            row = self.row_id("b" if short == "v" else short, self.pick.randrange(ROWS))
            query |= {"filter": f"id = '{row}'", "sort": self._path(short, 2)}
        else:
            query["sort"] = self.pick.choice(["", "-"]) + self._single(short) + ",id"
            query["filter"] = self.pick.choice(
                ["", self._expression(short, [0, 1, 1, 2, 2, 3], outside=0.0)]
            )
        return actor.get(records(self.name(short), **query))

    def _expression(self, short: str, steps: list[int], *, outside: float) -> str:
        """Return one comparison with a path of one of those lengths, or two of short paths.

        More of them would join so many rows that either server may not answer in time.
        """
        if self.pick.random() < 0.65:
            return self._comparison(short, outside, self.pick.choice(steps))
        parts = [self._comparison(short, outside, self.pick.randint(0, 1)) for _ in range(2)]
        return self.pick.choice([" && ", " || ", " || "]).join(parts)

    def _comparison(self, short: str, outside: float, steps: int) -> str:
        sides = [self._path(short, steps), self._right(short, outside)]
        if self.pick.random() < 0.15:
            sides.reverse()
        return f" {self.pick.choice(_OPERATORS)} ".join(sides)

    def _right(self, short: str, outside: float) -> str:
        if self.pick.random() < outside:
            return self._outside()
        if self.pick.random() < 0.2:
            return self._path(short, self.pick.randint(0, 1))
        return self.pick.choice(_LITERALS)

    def _outside(self) -> str:
        if self.pick.random() < 0.5:
            return f"@request.auth.{self._path('u', self.pick.randint(0, 1))}"
        short = self.pick.choice("uabc")
        alias = self.pick.choice(["", "", f":p{short}"])
        return f"@collection.{self.name(short)}{alias}.{self._path(short, self.pick.randint(0, 1))}"

    def _path(self, short: str, steps: int) -> str:
        """Return a path of that many relations, to a value."""
        path: list[str] = []
        for _ in range(steps):
            link, short = self.pick.choice(self._steps(short))
            path.append(link)
        return ".".join([*path, self.pick.choice([*_LEAVES, *_LISTS, *_LISTS, *LINKS[short]])])

    def _steps(self, short: str) -> list[tuple[str, str]]:
        """Return the relations of a collection twice, and the back relations to it."""
        found = [(name, target) for name, (target, _) in LINKS[short].items()] * 2
        found += [
            (f"{self.name(source)}_via_{name}", source)
            for source, links in LINKS.items()
            for name, (target, _) in links.items()
            if target == short
        ]
        return found

    def _single(self, short: str) -> str:
        """Return a path with one value, through at least one relation where there is one."""
        path: list[str] = []
        while not path or (len(path) < 3 and self.pick.random() < 0.4):
            links = [(name, to) for name, (to, most) in LINKS[short].items() if most == 1]
            link, short = self.pick.choice(links)
            path.append(link)
        return ".".join([*path, self.pick.choice(["t", "n", "kind"])])


def fuzz(seed: int, rounds: int) -> Scenario:
    """Return the scenario of a seed."""
    found = Rounds(seed)
    steps = found.world()
    for _ in range(rounds):
        steps += found.round()
    return scenario(f"list rules {seed}", *steps)

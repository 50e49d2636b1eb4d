"""Random filters, sorts, expands and pickers over the fields of a random world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from tests.differential.steps import Json

_OPERATORS = [
    *["=", "!=", ">", ">=", "<", "<=", "~", "!~"],
    *["?=", "?!=", "?>", "?>=", "?<", "?<=", "?~", "?!~"],
]
_LITERALS = [
    *["''", "null", "true", "false", "0", "1", "-1", "1.5", "'a'", "'b'", "'B'", "'1'"],
    *["'one 100%'", "'%o%'", "'_'", '"it\'s"', "'[]'", "'[\"a\"]'", "'é'", "'2026-01-02'"],
    *["@now", "@todayStart", "@year", "@monthEnd", "'x'", "'null'", "100000000000000000000"],
]
_REQUEST = [
    *["id", "email", "verified", "collectionId", "collectionName", "f_title", "rel_a.f_title"],
    *["rel_b.id", "f_select:each", "f_select:length", "f_json.a", "nope"],
]
_MAX_DEPTH = 4


@dataclass(eq=False)
class Grammar:
    """Draws texts of the filter language; `fields` grows with the world."""

    pick: random.Random
    fields: dict[str, list[dict[str, Json]]]
    prefix: str

    def filter(self, short: str, *, free: bool) -> str:
        """Return a client filter; `free` may use `@request` and `@collection`."""
        return self._expression(short, 0.15 if free else 0.01)

    def rule(self, short: str) -> str:
        """Return a rule."""
        return self._expression(short, 0.3)

    def sort(self, short: str) -> str:
        """Return a sort which ends in the id.

        Not along relations: among several related values SQLite may choose any.
        """
        chosen = [self._path(short, _MAX_DEPTH) for _ in range(self.pick.randint(1, 2))]
        return ",".join(self.pick.choice(["", "-", "+"]) + path for path in chosen) + ",id"

    def expand(self, short: str) -> str:
        """Return one to three expands."""
        return ",".join(self._links(short) for _ in range(self.pick.randint(1, 3)))

    def picked(self, short: str) -> str:
        """Return a picker."""
        names = [item["name"] for item in self.fields[short]]
        more = ["*", "id", "expand", "expand.*.id", "expand.rel_a.f_title", "f_json.a", "nope"]
        chosen = [self.pick.choice(names + more) for _ in range(self.pick.randint(1, 4))]
        if self.pick.random() < 0.3:
            chosen.append(self.pick.choice(names) + ":excerpt(4,true)")
        return ",".join(chosen)

    def _links(self, short: str) -> str:
        path: list[str] = []
        while not path or (len(path) < 3 and self.pick.random() < 0.5):
            link, short = self._link(short)
            path.append(link)
        return ".".join(path)

    def _link(self, short: str) -> tuple[str, str]:
        """Return a relation of the collection, or a back relation to it, and its target."""
        found = [
            (item["name"], item["target"])
            for item in self.fields[short]
            if item["type"] == "relation"
        ]
        found += [
            (f"{self.prefix}_{other}_via_{item['name']}", other)
            for other, listed in self.fields.items()
            for item in listed
            if item["type"] == "relation" and item["target"] == short
        ]
        return self.pick.choice(found or [("rel_x", short)])

    def _path(self, short: str, depth: int = 0) -> str:
        if depth < _MAX_DEPTH and self.pick.random() < 0.4:
            link, target = self._link(short)
            return f"{link}.{self._path(target, depth + 1)}"
        if self.pick.random() < 0.15:
            return self.pick.choice(["id", "id", "id:lower", "email" if short == "u" else "id"])
        if self.pick.random() < 0.01:
            return self.pick.choice(["nope", "created", "collectionName", "rel_x.id"])
        item = self.pick.choice(self.fields[short])
        name: str = item["name"]
        chance = self.pick.random()
        if item["type"] == "json" and chance < 0.6:
            return name + self.pick.choice([".a", ".s", ".a.b", ".a.b.0", ".0", ".é"])
        if item["type"] == "geoPoint" and chance < 0.6:
            return name + self.pick.choice([".lon", ".lat"])
        if item["type"] in ("select", "relation", "file") and chance < 0.4:
            return name + self.pick.choice([":each", ":length", ":lower"])
        if chance < 0.08:
            return name + self.pick.choice([":lower", ":lower", ":length", ":each", ":isset"])
        return name

    def _operand(self, short: str, outside: float) -> str:
        if self.pick.random() < outside:
            return self._outside(short)
        chance = self.pick.random()
        if chance < 0.55:
            return self._path(short)
        if chance < 0.6:
            return self._call(short)
        return self.pick.choice(_LITERALS)

    def _outside(self, short: str) -> str:
        chance = self.pick.random()
        if chance < 0.45:
            return f"@request.auth.{self.pick.choice(_REQUEST)}"
        if chance < 0.65:
            name = self.pick.choice(self.fields[short])["name"]
            return f"@request.body.{name}" + self.pick.choice(["", "", ":isset", ":changed"])
        if chance < 0.8:
            other = self.pick.choice("abcu")
            alias = self.pick.choice(["", f":p{other}"])
            return f"@collection.{self.prefix}_{other}{alias}.{self._path(other)}"
        return "@request." + self.pick.choice(
            ["query.q", "query.q:isset", "method", "context", "headers.x_y", "query.none"]
        )

    def _call(self, short: str) -> str:
        return self.pick.choice(
            [
                f"strftime('%Y', {self._path(short)})",
                f"strftime('%s', {self._path(short)}, '+1 day')",
                f"geoDistance({self._path(short)}, 1, 23.3, 42.6)",
                "strftime('%Y-%m', @now)",
            ]
        )

    def _comparison(self, short: str, outside: float) -> str:
        left, right = (self._operand(short, outside) for _ in range(2))
        return f"{left} {self.pick.choice(_OPERATORS)} {right}"

    def _expression(self, short: str, outside: float, depth: int = 0) -> str:
        if depth > 2 or self.pick.random() < 0.6:
            return self._comparison(short, outside)
        parts = [
            self._expression(short, outside, depth + 1) for _ in range(self.pick.randint(2, 3))
        ]
        joined = self.pick.choice([" && ", " || "]).join(parts)
        return f"({joined})" if self.pick.random() < 0.6 else joined

"""Random field options and values, most of them fitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from tests.differential.steps import Json

FIELD_TYPES = [
    "text",
    "number",
    "bool",
    "email",
    "url",
    "editor",
    "date",
    "select",
    "json",
    "geoPoint",
    "file",
]

_TEXTS = [
    "",
    "a",
    "B",
    "ab",
    "one 100%",
    "Two_x",
    "é😀",
    "it's",
    'say "x"',
    "a\\b",
    "0",
    "1.0",
    "null",
]
_NUMBERS = [0, 1, -1, 2, 10, 1.5, -0.25, 1e21, 1e-7, 123456789012345678, 0.1, 100]
_DATES = [
    "",
    "2026-01-02 03:04:05.678Z",
    "2022-01-01",
    "2022-01-01T10:00:00+03:00",
    "2022-13-01",
    "1999-12-31 23:59:59.9999Z",
]
_JSON = [
    None,
    "plain",
    "",
    "1.0",
    "[1,2]",
    1,
    1.50,
    True,
    [],
    {},
    [1, [2, {"a": 3}]],
    {"a": {"b": [1, 2]}, "s": "x"},
    {"s": "", "n": None, "é": "ü"},
]
_ODD = [
    None,
    "",
    " ",
    "a",
    0,
    -1,
    1.5,
    True,
    False,
    [],
    {},
    ["a"],
    ["a", "a", None, ["b"]],
    {"a": 1},
    {"lon": 1, "lat": 2},
    "true",
    "1e3",
    '["a","b"]',
    '{"lon":1,"lat":2}',
    "2022-01-01 10:00:00Z",
    "missing00000000",
    "x" * 300,
    "nul\u0000byte",
    1e308,
    12345678901234567890,
    "<b>x</b>",
    "\u2028",
]


@dataclass(eq=False)
class Values:
    """Draws options and values from one random source."""

    pick: random.Random

    def options(self, kind: str) -> dict[str, Json]:
        """Return a field of the type with random options, which are valid."""
        maker = getattr(self, f"_{kind.lower()}_options", None)
        options: dict[str, Json] = {"type": kind} | (maker() if maker else {})
        if self.pick.random() < 0.1:
            options["hidden"] = True
        if self.pick.random() < 0.1:
            options["required"] = True
        return options

    def value(self, item: dict[str, Json], odd: float) -> Json:
        """Return a value for the field, with the chance `odd` one that may not fit."""
        if self.pick.random() < odd:
            return self.odd()
        return getattr(self, f"_{item['type'].lower()}")(item)

    def odd(self) -> Json:
        """Return any value."""
        return self.pick.choice(_ODD)

    def _text_options(self) -> dict[str, Json]:
        return self.pick.choice(
            [{}, {}, {"max": 5}, {"min": 2}, {"pattern": "^[a-zA-Z]*$"}, {"max": 3, "min": 1}]
        )

    def _number_options(self) -> dict[str, Json]:
        return self.pick.choice([{}, {}, {"onlyInt": True}, {"min": 1}, {"max": 5.5}])

    def _select_options(self) -> dict[str, Json]:
        return {"values": ["a", "b", "c", "1"], "maxSelect": self.pick.choice([0, 1, 2, 3])}

    def _file_options(self) -> dict[str, Json]:
        return {"maxSelect": self.pick.choice([0, 1, 3]), "maxSize": self.pick.choice([0, 3])}

    def _json_options(self) -> dict[str, Json]:
        return self.pick.choice([{}, {}, {"maxSize": 12}])

    def _date_options(self) -> dict[str, Json]:
        return self.pick.choice([{}, {}, {"min": "2020-01-01 00:00:00.000Z"}])

    def _email_options(self) -> dict[str, Json]:
        return self.pick.choice([{}, {"onlyDomains": ["example.com"]}])

    def _url_options(self) -> dict[str, Json]:
        return self.pick.choice([{}, {"exceptDomains": ["example.org"]}])

    def _text(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(_TEXTS)

    def _number(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(_NUMBERS)

    def _bool(self, item: dict[str, Json]) -> Json:
        return self.pick.choice([True, False])

    def _email(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(["", "a@example.com", "b@example.org", "A.b+c@sub.example.com"])

    def _url(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(
            ["", "https://example.com/a?b=1#c", "http://example.org", "ftp://a.b"]
        )

    def _editor(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(
            ["", "<p>Hello <b>big</b> world</p>", "plain", "<script>x</script>"]
        )

    def _date(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(_DATES)

    def _select(self, item: dict[str, Json]) -> Json:
        if item["maxSelect"] <= 1:
            return self.pick.choice(["", "a", "b", "1"])
        return self.pick.sample(["a", "b", "c", "1"], self.pick.randint(0, item["maxSelect"]))

    def _json(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(_JSON)

    def _geopoint(self, item: dict[str, Json]) -> Json:
        return {
            "lon": self.pick.choice([0, 23.3, -180]),
            "lat": self.pick.choice([0, 42.6, 90, 90.5]),
        }

    def _file(self, item: dict[str, Json]) -> Json:
        return self.pick.choice(["", [], "missing.txt"])

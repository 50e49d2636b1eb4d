"""Options of every field type and their errors (contract 4, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, view
from tests.differential.steps import Json, Step, collections, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair


def options(kind: str, *choices: dict[str, Json], pick: str = "fields") -> list[Step]:
    """Create one collection with one field for each choice of options."""
    return [
        su.post(
            collections(fields=pick) if pick else collections(),
            {"name": f"fo_{kind}_{index}", "fields": [field(kind, "f", **choice)]},
        )
        for index, choice in enumerate(choices)
    ]


LONG_HELP = "h" * 301
MAX_SAFE = 2**53 - 1

SCENARIOS = [
    scenario(
        "text",
        options(
            "text",
            {},
            {"min": 5, "max": 2},
            {"min": -1},
            {"max": -1},
            {"min": 2, "max": 2},
            {"min": 1.5},
            {"max": MAX_SAFE},
            {"max": MAX_SAFE + 1},
            {"pattern": "("},
            {"pattern": "^[a-z]+$"},
            {"pattern": "(?=x)"},
            {"pattern": "\\d{1,2000}"},
            {"autogeneratePattern": "["},
            {"autogeneratePattern": "[a-z]{5}"},
            {"autogeneratePattern": "^a$"},
            {"autogeneratePattern": "a|b", "pattern": "^[ab]$"},
            {"autogeneratePattern": "\\d+"},
            {"autogeneratePattern": "(?i)a"},
            {"autogeneratePattern": "[a-z]{5}", "min": 5, "max": 5, "pattern": "^[a-z]+$"},
            {"primaryKey": True},
            {"help": "h" * 300},
            {"help": LONG_HELP},
            {"help": 1},
            {"required": True, "hidden": True},
            {"presentable": True, "system": True},
        ),
        su.post(
            collections(),
            {"name": "fo_t_x", "fields": [field("text", "f", autogeneratePattern="[a-z]", min=2)]},
            mask=r'\\"[a-z]\\"',
        ),
    ),
    scenario(
        "number and bool",
        options(
            "number",
            {},
            {"min": 5, "max": 2},
            {"min": 1.5, "max": 1.5},
            {"min": 1.5, "onlyInt": True},
            {"min": 1, "max": 2.5, "onlyInt": True},
            {"min": None, "max": None},
            {"min": "1"},
            {"min": 1e300},
            {"min": -5, "max": 0},
            {"help": LONG_HELP},
            {"required": True, "onlyInt": True},
            {"onlyInt": None},
            {"onlyInt": 1},
        ),
        options("bool", {}, {"required": True}, {"help": LONG_HELP}, {"extra": 1}),
    ),
    scenario(
        "email and url",
        *(
            options(
                kind,
                {},
                {"onlyDomains": ["a.com"], "exceptDomains": ["b.com"]},
                {"onlyDomains": ["a.com", "sub.b.org"]},
                {"exceptDomains": ["nope"]},
                {"onlyDomains": ["http://a.com"]},
                {"onlyDomains": [""]},
                {"onlyDomains": None, "exceptDomains": None},
                {"onlyDomains": "a.com"},
                {"exceptDomains": ["a.com", "a b"]},
                {"onlyDomains": ["é.com", "xn--9ca.com", "1.2.3.4", "localhost", "a.com:80"]},
                {"help": LONG_HELP},
            )
            for kind in ("email", "url")
        ),
    ),
    scenario(
        "editor, json, geoPoint",
        *(
            options(
                kind,
                {},
                {"maxSize": -1},
                {"maxSize": 0},
                {"maxSize": MAX_SAFE},
                {"maxSize": MAX_SAFE + 1},
                {"maxSize": 1.5},
                {"convertURLs": True},
                {"help": LONG_HELP},
            )
            for kind in ("editor", "json")
        ),
        options("geoPoint", {}, {"required": True}, {"help": LONG_HELP}),
    ),
    scenario(
        "dates",
        options(
            "date",
            {},
            {"min": "2022-01-01 00:00:00.000Z", "max": "2023-01-01"},
            {"min": "2023-01-01", "max": "2022-01-01"},
            {"min": "2023-01-01", "max": "2023-01-01"},
            {"min": "nope"},
            {"min": 5},
            {"min": None, "max": ""},
            {"help": LONG_HELP},
        ),
        options(
            "autodate",
            {},
            {"onCreate": True},
            {"onUpdate": True},
            {"onCreate": False, "onUpdate": False},
            {"onCreate": True, "help": LONG_HELP, "required": True},
            {"onCreate": True, "system": True},
        ),
        su.patch(collections("fo_autodate_1"), {"fields": [field("autodate", "f", onUpdate=True)]}),
        su.patch(collections("fo_autodate_5"), {"fields": [field("autodate", "f", onUpdate=True)]}),
    ),
    scenario(
        "select",
        options(
            "select",
            {},
            {"values": []},
            {"values": ["a"]},
            {"values": ["a", "b"], "maxSelect": 2},
            {"values": ["a", "b"], "maxSelect": 3},
            {"values": ["a"], "maxSelect": -1},
            {"values": ["a", "a"]},
            {"values": ["a", "a"], "maxSelect": 2},
            {"values": [""]},
            {"values": ["a", "", " "]},
            {"values": ["é", "x y", "a,b", '"q"']},
            {"values": "a"},
            {"values": [1]},
            {"values": None},
            {"values": ["a"], "maxSelect": 1.5},
            {"values": ["a"], "help": LONG_HELP},
            {"values": [str(number) for number in range(60)], "maxSelect": 60},
        ),
    ),
    scenario(
        "file",
        options(
            "file",
            {},
            {"maxSelect": 5, "maxSize": 100},
            {"maxSelect": -1},
            {"maxSize": -1},
            {"maxSize": MAX_SAFE + 1},
            {"thumbs": ["0x0", "zz"]},
            {"thumbs": ["100x100", "0x50", "50x0", "10x20t", "10x20b", "10x20f"]},
            {"thumbs": ["0x0t", "10x20z", "", "-1x2", "10X20"]},
            {"mimeTypes": ["image/png", "nope", ""]},
            {"mimeTypes": None, "thumbs": None},
            {"mimeTypes": "image/png"},
            {"protected": True},
            {"help": LONG_HELP},
        ),
    ),
    scenario(
        "relation",
        base("fo_target", id="fo_target_id"),
        view("fo_view", "select id from users", id="fo_view_id"),
        options(
            "relation",
            {},
            {"collectionId": "nope"},
            {"collectionId": "fo_target"},
            {"collectionId": "fo_target_id"},
            {"collectionId": "FO_TARGET_ID"},
            {"collectionId": "fo_view_id"},
            {"collectionId": "fo_target_id", "minSelect": 3, "maxSelect": 2},
            {"collectionId": "fo_target_id", "minSelect": 1},
            {"collectionId": "fo_target_id", "minSelect": -1},
            {"collectionId": "fo_target_id", "maxSelect": -1},
            {"collectionId": "fo_target_id", "minSelect": 2, "maxSelect": 2},
            {"collectionId": "fo_target_id", "cascadeDelete": True, "maxSelect": 999},
            {"collectionId": "fo_target_id", "help": LONG_HELP},
            {"collectionId": 5},
            {"collectionId": None},
            {"collectionName": "fo_target"},
        ),
        su.post(
            collections(),
            {
                "name": "fo_self",
                "id": "fo_self",
                "fields": [field("relation", "r", collectionId="fo_self")],
            },
        ),
    ),
    scenario(
        "password",
        options(
            "password",
            {},
            {"min": 72},
            {"min": 71},
            {"min": 5, "max": 3},
            {"max": 72},
            {"min": -1},
            {"cost": 3},
            {"cost": 4},
            {"cost": 31},
            {"cost": 40},
            {"pattern": "("},
            {"pattern": "^\\w+$"},
            {"hidden": True, "required": True},
            {"hidden": False},
            {"help": LONG_HELP},
        ),
    ),
    scenario(
        "several errors at once",
        su.post(
            collections(),
            {
                "name": "fo_many",
                "fields": [
                    field("text", "a-b"),
                    field("text", "expand"),
                    field("select", "s"),
                    field("relation", "r"),
                    field("number", "n", min=5, max=2),
                    field("autodate", "d"),
                    field("file", "f", thumbs=["0x0", "zz"]),
                    field("text", "p", pattern="("),
                ],
                "listRule": "nope = 1",
                "indexes": ["nope"],
            },
        ),
        su.post(collections(), {"name": "fo many", "fields": [field("text", "a b")]}),
        su.get(collections("fo_many")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)

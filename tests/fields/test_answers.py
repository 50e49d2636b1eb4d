"""Casts, validation and settings against the answers of PocketBase 0.40.6 in `answers/`."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from pbpy.errors import errors_to_json
from pbpy.fields import Field, Text, default_field_id, field_from_settings
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection

ANSWERS = Path(__file__).parent / "answers"
VALUES: list[dict[str, Any]] = json.loads((ANSWERS / "values.json").read_text())
SETTINGS: dict[str, Any] = json.loads((ANSWERS / "settings.json").read_text())

USERS = Collection(name="users", id="_pb_users_auth_", type="auth")
CATALOG = Catalog([USERS])
ID = Text(
    "id",
    id="text3208210256",
    system=True,
    required=True,
    min=15,
    max=15,
    pattern="^[a-z0-9]+$",
    autogenerate_pattern="[a-z0-9]{15}",
    primary_key=True,
)

MISSING_RECORDS = {
    "code": "validation_missing_rel_records",
    "message": "Failed to find all relation records with the provided ids.",
}
# Where pbpy answers differently on purpose, or because its JSON parser does.
DIFFERENT = {
    # `-0` in a body is 0 to orjson.
    *(("*", raw) for raw in ("-0", '{"x":1e21,"y":1e-7,"z":1.0,"w":-0}')),
    ("*", "[1.0,1e2,-0,-0.0,0.1e1]"),
    *(("geoPoint", f'{{"lon":{zero},"lat":{lat}}}') for zero, lat in (("-0", 0), ("-0.0", 1))),
    ("json", '{"lon":-0,"lat":0}'),
    # JSON text is stored without its white space, so it is measured and judged without it.
    ("json", '"[1, 2]"'),
    ("json", '"[ ]"'),
}
DIFFERENT_SETTINGS = re.compile(r'"autogeneratePattern":"\[?\\\\[pP]')
"""Unicode classes in an autogenerate pattern are refused."""


@pytest.mark.parametrize("group", VALUES, ids=lambda group: json.dumps(group["field"])[:60])
def test_values_are_cast_and_checked_as_pocketbase_does(group: dict[str, Any]) -> None:
    field = field_from_settings({"name": "zz", **group["field"]})
    wrong = {}
    for raw, expected in group["answers"].items():
        if expected == {"error": MISSING_RECORDS} or not DIFFERENT.isdisjoint(
            {("*", raw), (field.type, raw)}
        ):
            continue
        answer = answer_for(field, orjson.loads(raw))
        if answer != comparable(expected):
            wrong[raw] = (answer, expected)
    assert wrong == {}


def answer_for(field: Field, raw: Any) -> Any:
    value = field.normalize(raw)
    error = field.check(value)
    if error:
        return {"error": error.to_json()}
    return comparable(orjson.dumps(field.to_output(value)).decode())


def comparable(answer: Any) -> Any:
    """Return an answer with its numbers as they were written."""
    if isinstance(answer, str):
        return json.loads(answer, parse_float=lambda text: ("number", text))
    return answer


@pytest.mark.parametrize("raw", SETTINGS, ids=lambda raw: raw[:80])
def test_settings_are_read_and_checked_as_pocketbase_does(raw: str) -> None:
    if DIFFERENT_SETTINGS.search(raw):
        return
    answer: Any = settings_answer(raw)
    expected = SETTINGS[raw]
    if '"[A-Z]{3}"' in raw:  # the message shows a random sample
        answer, expected = map(without_sample, (answer, expected))
    assert answer == expected


def without_sample(answer: Any) -> str:
    return re.sub(r'[A-Z]{3}(?=\\")', "", json.dumps(answer))


def settings_answer(raw: str) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
        field = field_from_settings(body)
    except ValueError:
        return {"errors": None}
    if not field.id:
        field = dataclasses.replace(field, id=default_field_id(field.type, field.name))
    errors = field.validate_settings(CATALOG, Collection(name="probe", fields=(ID, field)))
    return {"errors": errors_to_json(errors)} if errors else {"settings": field.settings}


@pytest.mark.parametrize(
    "settings",
    [answer["settings"] for answer in SETTINGS.values() if "settings" in answer],
    ids=lambda settings: settings["type"],
)
def test_settings_survive_a_round_trip_with_sorted_keys(settings: dict[str, Any]) -> None:
    field = field_from_settings(settings)
    assert list(field.settings) == sorted(settings)
    assert field_from_settings(field.settings) == field

"""Ask both servers the same thing once, so that none wins by answering wrongly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.scenarios import Scenario
    from benchmarks.target import Json, Target

_SHOWN = 160


def find_difference(scenario: Scenario, left: Target, right: Target) -> str:
    """Return where the first answers of two servers differ, or an empty text."""
    answers: list[tuple[int, Json]] = []
    for target in (left, right):
        status, body = target.exchange(next(scenario.requests(target)))
        answers.append((status, json.loads(body) if body else None))
    (left_status, left_json), (right_status, right_json) = answers
    if left_status != right_status or left_status >= 300:
        return (
            f"{left.name}: {left_status} {_short(left_json)},"
            f" {right.name}: {right_status} {_short(right_json)}"
        )
    if scenario.only:
        left_json, right_json = (_reduce(body, scenario.only) for body in (left_json, right_json))
    return _difference("", left_json, right_json, scenario.ignored)


def _reduce(page: Json, key: str) -> Json:
    return {**page, "items": [item[key] for item in page["items"]]}


def _difference(path: str, left: Json, right: Json, ignored: frozenset[str]) -> str:
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return f"{path or '.'}: keys {sorted(left)} and {sorted(right)}"
        pairs = [(f"{path}.{key}", left[key], right[key]) for key in left if key not in ignored]
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return f"{path or '.'}: {len(left)} and {len(right)} items"
        pairs = [
            (f"{path}.{number}", one, other)
            for number, (one, other) in enumerate(zip(left, right, strict=True))
        ]
    elif left != right or isinstance(left, bool) != isinstance(right, bool):
        return f"{path or '.'}: {_short(left)} and {_short(right)}"
    else:
        return ""
    found = (_difference(at, one, other, ignored) for at, one, other in pairs)
    return next(filter(None, found), "")


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

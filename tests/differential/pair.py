"""Run scenarios on PocketBase and on its twin, and keep the outcome of every step."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import pytest

from tests.differential.compare import Comparer
from tests.servers import Server, ServerKind, start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.differential.exchange import Answer, Side
    from tests.differential.steps import Scenario, Step

TWIN_VARIABLE = "DIFFERENTIAL_TWIN"
"""`pbpy` (default), `hypercorn` or `uvicorn` for pbpy on that server, or `pocketbase`: the
harness is sound if PocketBase agrees with itself."""

SHOWN_CHARACTERS = 3000


@dataclass(frozen=True, slots=True)
class Case:
    """One step of a scenario: one test."""

    scenario: Scenario
    index: int

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.scenario.steps[self.index]

    @property
    def id(self) -> str:
        """Readable test id."""
        return f"{self.scenario.name}/{self.index:02d} {self.step.label}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both answers to one step and what differs between them."""

    left: Answer
    right: Answer
    differences: list[str]


@dataclass(eq=False)
class Pair:
    """Two running servers; runs every scenario once, when its first case is asked for."""

    left: Side
    right: Side
    since: datetime
    _outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    def check(self, case: Case) -> None:
        """Fail the running test if the two answers to the case differ."""
        outcome = self.outcomes(case.scenario)[case.index]
        if outcome.differences:
            pytest.fail(report(case.step, outcome), pytrace=False)

    def outcomes(self, scenario: Scenario) -> list[Outcome]:
        """Return the outcome of every step of the scenario."""
        if scenario.name not in self._outcomes:
            self._outcomes[scenario.name] = self._run(scenario)
        return self._outcomes[scenario.name]

    def _run(self, scenario: Scenario) -> list[Outcome]:
        hosts = tuple(side.server.base_url.partition("//")[2] for side in (self.left, self.right))
        comparer = Comparer((hosts[0], hosts[1]), self.since)
        outcomes = []
        for step in scenario.steps:
            left, right = self.left.exchange(step), self.right.exchange(step)
            found = comparer.differences(step, left, right)
            if step.is_fixture and left.status >= HTTPStatus.BAD_REQUEST:
                found.append("PocketBase refuses a fixture: the scenario is wrong")
            outcomes.append(Outcome(left, right, found))
        self.left.close()
        self.right.close()
        return outcomes


def start_twin(folder: Path, kind: ServerKind = "auto") -> Server:
    """Start the server that is compared with PocketBase, as the environment chooses."""
    chosen = os.environ.get(TWIN_VARIABLE, "pbpy")
    if chosen == "pocketbase":
        return start_pocketbase(folder)
    if chosen != "pbpy" and kind == "auto":
        kind = cast("ServerKind", chosen)
    return start_pbpy(folder, server=kind, password_hash="bcrypt")


def report(step: Step, outcome: Outcome) -> str:
    lines = [f"{step.actor} {step.method} {step.path}"]
    lines += [f"{name}: {value}" for name, value in step.headers]
    if step.body is not None:
        lines += [f"Content-Type: {step.content_type}", _shown(step.body)]
    lines += ["", *outcome.differences]
    lines += ["", f"PocketBase {outcome.left.status}", _shown(outcome.left.body)]
    lines += ["", f"twin {outcome.right.status}", _shown(outcome.right.body)]
    return "\n".join(lines)


def _shown(body: bytes) -> str:
    return body[:SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")

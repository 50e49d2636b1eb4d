"""Run scenarios in alternating rounds and keep the numbers of both servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.comparison import find_difference
from benchmarks.load import Load, LoadError, run_load
from benchmarks.process import cpu_seconds
from benchmarks.target import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.scenarios import Scenario
    from benchmarks.target import Json, Target

_WARM_UP_S = 0.3


class RoundError(Exception):
    """A run whose answers were not all 2xx."""


@dataclass(slots=True)
class Sample:
    """What all rounds of one scenario gave on one server."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second: the median of the rounds."""
        return median(self.rates)

    @property
    def cpu(self) -> float:
        """CPU milliseconds per answer: the median of the rounds."""
        return median(self.cpu_ms)

    @property
    def p99_ms(self) -> float:
        """The 99th percentile of all answers of all rounds."""
        return p99(self.latencies_ms)


@dataclass(slots=True)
class Result:
    """One scenario: a sample of each server by its name, or what is wrong."""

    scenario: Scenario
    samples: dict[str, Sample]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard each scenario is driven."""

    rounds: int
    seconds: float
    connections: int


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile of at least one value."""
    return quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]


def run_scenario(scenario: Scenario, targets: Sequence[Target], plan: Plan) -> Result:
    """Compare the answers, then alternate; a difference or a failure ends the scenario."""
    result = Result(scenario, {target.name: Sample() for target in targets})
    try:
        originals = [_change(scenario, target) for target in targets]
        try:
            result.problem = _compare(scenario, targets)
            if not result.problem:
                _alternate(scenario, targets, plan, result)
        finally:
            for target, original in zip(targets, originals, strict=True):
                _update(scenario, target, original)
    except (ApiError, LoadError, RoundError, OSError) as error:
        result.problem = f"{type(error).__name__}: {error}"
    return result


def _compare(scenario: Scenario, targets: Sequence[Target]) -> str:
    for target in targets:
        if scenario.prepare:
            scenario.prepare(target)
    if len(targets) < 2:
        return ""
    difference = find_difference(scenario, targets[0], targets[1])
    return f"answers differ: {difference}" if difference else ""


def _alternate(scenario: Scenario, targets: Sequence[Target], plan: Plan, result: Result) -> None:
    streams: dict[str, Iterator[bytes]] = {}
    for target in targets:
        if scenario.prepare:
            scenario.prepare(target)
        streams[target.name] = scenario.requests(target)
        _run(scenario, target, streams[target.name], plan.connections, _WARM_UP_S)
    for _ in range(plan.rounds):
        for target in targets:
            sample = result.samples[target.name]
            _measure(scenario, target, streams[target.name], plan, sample)


def _measure(
    scenario: Scenario, target: Target, stream: Iterator[bytes], plan: Plan, sample: Sample
) -> None:
    if scenario.prepare:
        scenario.prepare(target)
        stream = scenario.requests(target)
    before = cpu_seconds(target.session)
    load = _run(scenario, target, stream, plan.connections, plan.seconds)
    spent_ms = (cpu_seconds(target.session) - before) * 1000
    sample.rates.append(load.per_second)
    sample.cpu_ms.append(spent_ms / len(load.latencies_ns))
    sample.latencies_ms.extend(taken / 1e6 for taken in load.latencies_ns)


def _run(
    scenario: Scenario,
    target: Target,
    stream: Iterator[bytes],
    connections: int,
    seconds: float,
) -> Load:
    load = run_load(target.server.port, stream, connections, seconds)
    if load.failed or not load.latencies_ns:
        raise RoundError(
            f"{target.name}: {load.failed} of {len(load.latencies_ns)} answers failed,"
            f" the first: {load.first_failure!r}"
        )
    return load


def _change(scenario: Scenario, target: Target) -> dict[str, Json]:
    """Apply the changes of a scenario; return the values they replace."""
    if not scenario.changes:
        return {}
    collection = target.root("GET", f"/api/collections/{scenario.changed}")
    _update(scenario, target, dict(scenario.changes))
    return {key: collection[key] for key in scenario.changes}


def _update(scenario: Scenario, target: Target, values: dict[str, Json]) -> None:
    if values:
        target.root("PATCH", f"/api/collections/{scenario.changed}", values)

"""The table, the means, the bars to reach, and the same as JSON."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import geometric_mean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.runner import Result
    from benchmarks.slow_query import SlowQueryResult
    from benchmarks.target import Json

PB, PBPY = "pocketbase", "pbpy"

# The least requests/s against PocketBase's, by group of scenarios.
_BARS = {"list": 3.0, "nested filter": 3.0, "view": 0.8, "create": 0.6}
_IDLE_BAR_MB = 100.0
_START_BAR_S = 1.5
_HEALTH_BAR_MS = 50.0
_MB = 1_000_000
_HEADER = (
    "| request | PocketBase req/s | pbpy req/s | ratio | PocketBase p99 ms | pbpy p99 ms"
    " | PocketBase CPU ms | pbpy CPU ms |"
)


@dataclass(slots=True)
class ServerFacts:
    """What is measured once per server."""

    start_s: float = 0.0
    idle_bytes: int = 0
    loaded_bytes: int = 0
    slow_query: SlowQueryResult | None = None
    slow_query_problem: str = ""


@dataclass(slots=True)
class Report:
    """Everything one run found."""

    command: str
    results: list[Result] = field(default_factory=list)
    facts: dict[str, ServerFacts] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether a scenario had wrong or failing answers."""
        return any(result.problem for result in self.results)

    def lines(self) -> Iterator[str]:
        """Yield the report as Markdown lines."""
        yield from (f"{machine()}; `{self.command}`", "", _HEADER)
        yield "| --- |" + " --: |" * (_HEADER.count("|") - 2)
        yield from (_row(result) for result in self.results)
        yield ""
        yield from self._means()
        yield from self._facts()
        yield from self._bars()

    def as_json(self) -> Json:
        """Return the report for `--json`."""
        return {
            "command": self.command,
            "machine": machine(),
            "results": [_result_json(result) for result in self.results],
            "servers": {name: asdict(facts) for name, facts in self.facts.items()},
        }

    def _means(self) -> Iterator[str]:
        measured = [r for r in self.results if r.scenario.counted and _complete(r)]
        if not measured:
            return
        speed = geometric_mean([_speed_ratio(result) for result in measured])
        cpu = geometric_mean([_cpu_ratio(result) for result in measured])
        yield (
            f"- geometric mean of {len(measured)} requests: {speed:.2f} times PocketBase's"
            f" requests/s, {cpu:.2f} times its CPU time"
        )
        for group, bar in _BARS.items():
            ratios = [_speed_ratio(r) for r in measured if r.scenario.group == group]
            if ratios:
                mean = geometric_mean(ratios)
                yield (
                    f"- {group}: {mean:.2f} times, the lowest {min(ratios):.2f}:"
                    f" {verdict(mean >= bar)} (bar {bar})"
                )

    def _facts(self) -> Iterator[str]:
        for name, facts in self.facts.items():
            yield (
                f"- {name}: first answer after {facts.start_s * 1000:.0f} ms; memory"
                f" {facts.idle_bytes / _MB:.0f} MB idle, {facts.loaded_bytes / _MB:.0f} MB"
                " after the load"
            )
            slow = facts.slow_query
            if slow:
                yield (
                    f"- {name}: health during a query of {slow.query_s:.1f} s ({slow.query}):"
                    f" p99 {slow.p99_ms:.1f} ms, at most {slow.max_ms:.1f} ms,"
                    f" {slow.requests} requests"
                )
            elif facts.slow_query_problem:
                yield f"- {name}: no slow query: {facts.slow_query_problem}"

    def _bars(self) -> Iterator[str]:
        ours = self.facts.get(PBPY)
        if not ours:
            return
        idle_mb = ours.idle_bytes / _MB
        yield f"- idle memory {verdict(idle_mb < _IDLE_BAR_MB)} (bar {_IDLE_BAR_MB:.0f} MB)"
        yield f"- first answer {verdict(ours.start_s < _START_BAR_S)} (bar {_START_BAR_S} s)"
        if ours.slow_query:
            reached = ours.slow_query.p99_ms < _HEALTH_BAR_MS
            yield f"- health in a slow query {verdict(reached)} (bar {_HEALTH_BAR_MS:.0f} ms)"


def _row(result: Result) -> str:
    if result.problem:
        cells = [_escape(result.problem), *[""] * 6]
    else:
        samples = [result.samples.get(name) for name in (PB, PBPY)]
        rates = [f"{sample.rate:,.0f}" if sample else "" for sample in samples]
        tails = [f"{sample.p99_ms:.1f}" if sample else "" for sample in samples]
        costs = [f"{sample.cpu:.3g}" if sample else "" for sample in samples]
        ratio = f"**{_speed_ratio(result):.2f}**" if all(samples) else ""
        cells = [*rates, ratio, *tails, *costs]
    return f"| {' | '.join([_escape(result.scenario.name), *cells])} |"


def _speed_ratio(result: Result) -> float:
    return result.samples[PBPY].rate / result.samples[PB].rate


def _cpu_ratio(result: Result) -> float:
    """Return pbpy's CPU time in parts of PocketBase's; below the clock's tick counts as one."""
    least = 1e-4
    return max(result.samples[PBPY].cpu, least) / max(result.samples[PB].cpu, least)


def _complete(result: Result) -> bool:
    return not result.problem and {PB, PBPY} <= result.samples.keys()


def _result_json(result: Result) -> Json:
    return {
        "name": result.scenario.name,
        "group": result.scenario.group,
        "problem": result.problem,
        "servers": {
            name: {
                "requests_per_s": sample.rate,
                "p99_ms": sample.p99_ms,
                "cpu_ms": sample.cpu,
                "rounds": sample.rates,
            }
            for name, sample in result.samples.items()
            if sample.rates and not result.problem
        },
    }


def verdict(reached: bool) -> str:
    """Return the word for a bar."""
    return "reached" if reached else "MISSED"


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def machine() -> str:
    """Return what the benchmark runs on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores, {_cpu_model()}, {platform.system()}, {python}"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()

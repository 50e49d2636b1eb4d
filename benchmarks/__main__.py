"""The command line of the benchmark: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, cast

from benchmarks.data import build_data, copy_data
from benchmarks.process import memory_bytes
from benchmarks.report import PB, PBPY, Report, ServerFacts
from benchmarks.runner import Plan, run_scenario
from benchmarks.scenarios import all_scenarios
from benchmarks.slow_query import measure_slow_query
from benchmarks.target import ApiError, Target
from tests.servers import start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.scenarios import Scenario
    from tests.servers import Server, ServerKind

_STARTS = 3


def main() -> int:
    """Run what the arguments ask for; return 1 if an answer was wrong."""
    options = _parser().parse_args()
    scenarios = _chosen(options.scenario)
    if not scenarios:
        print("no scenario has such a name", file=sys.stderr)
        return 2
    report = Report(" ".join(["python -m benchmarks", *sys.argv[1:]]))
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder, ExitStack() as stack:
        targets = _start_all(Path(folder), options, report, stack)
        _run(scenarios, targets, options, report)
    print("\n".join(["", *report.lines()]))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(), indent=2) + "\n")
    return 1 if report.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--scenario", action="append", default=[], help="part of a name; may be repeated")
    add("--rounds", type=int, default=3, help="runs of each scenario on each server")
    add("--seconds", type=float, default=2.0, help="length of one run")
    add("--concurrency", type=int, default=16, help="connections in a closed loop")
    add("--server", choices=["auto", "uvicorn", "hypercorn"], default="auto", help="pbpy's server")
    add("--only", choices=[PB, PBPY], help="measure one server, compare nothing")
    add("--no-slow-query", action="store_true", help="leave the slow query out")
    add("--json", type=Path, metavar="FILE", help="write the numbers to this file as well")
    return parser


def _chosen(parts: Sequence[str]) -> list[Scenario]:
    every = all_scenarios()
    return [one for one in every if not parts or any(part in one.name for part in parts)]


def _start_all(
    folder: Path, options: argparse.Namespace, report: Report, stack: ExitStack
) -> list[Target]:
    _say("filling a data directory through PocketBase")
    source = folder / "source"
    source.mkdir()
    build_data(source)
    targets: list[Target] = []
    for name in (PB, PBPY):
        if options.only in (None, name):
            own = folder / name
            own.mkdir()
            copy_data(source, own)
            facts = report.facts[name] = ServerFacts()
            server = stack.enter_context(_start(name, own, options, facts))
            target = Target(server)
            facts.idle_bytes = memory_bytes(target.session)
            targets.append(target)
    return targets


def _start(name: str, folder: Path, options: argparse.Namespace, facts: ServerFacts) -> Server:
    """Start a server several times; keep the last one and the median time to its first answer."""
    kind = cast("ServerKind", options.server)
    times: list[float] = []
    while True:
        started = time.perf_counter()
        server = start_pocketbase(folder) if name == PB else start_pbpy(folder, server=kind)
        times.append(time.perf_counter() - started)
        if len(times) == _STARTS:
            facts.start_s = median(times)
            return server
        server.stop()


def _run(
    scenarios: Sequence[Scenario],
    targets: Sequence[Target],
    options: argparse.Namespace,
    report: Report,
) -> None:
    plan = Plan(options.rounds, options.seconds, options.concurrency)
    for number, scenario in enumerate(scenarios, 1):
        _say(f"{number}/{len(scenarios)} {scenario.name}")
        result = run_scenario(scenario, targets, plan)
        report.results.append(result)
        if result.problem:
            _say(f"    {result.problem}")
    for target in targets:
        facts = report.facts[target.name]
        facts.loaded_bytes = memory_bytes(target.session)
        if not options.no_slow_query:
            _say(f"slow query on {target.name}")
            try:
                facts.slow_query = measure_slow_query(target)
            except (ApiError, OSError) as error:
                facts.slow_query_problem = str(error)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

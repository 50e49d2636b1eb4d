"""The command line of the realtime benchmark: `python -m benchmarks.realtime --help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from benchmarks.process import raise_file_limit
from benchmarks.realtime.connections import measure_cycles, measure_idle
from benchmarks.realtime.crowd import AT_ONCE
from benchmarks.realtime.deliveries import Plan, measure_deliveries, middle
from benchmarks.realtime.faults import FAULTS
from benchmarks.realtime.scene import RULES, Scene
from benchmarks.realtime.table import Results
from benchmarks.report import PB, PBPY, machine
from benchmarks.target import Target
from tests.servers import start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from benchmarks.realtime.deliveries import Figures
    from tests.servers import Server, ServerKind

_RUNS_OF_CYCLES: Final = 6


def main() -> int:
    """Run what the arguments ask for; return 1 if a delivery was wrong."""
    options = _parser().parse_args()
    raise_file_limit()
    results = Results()
    for part in options.part or _PARTS:
        # Every part has fresh servers: what one has used, another would find as free memory.
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder, ExitStack() as stack:
            scenes = [
                Scene(
                    Target(stack.enter_context(_start(name, Path(folder) / name, options))),
                    options.users,
                )
                for name in (PB, PBPY)
                if options.only in (None, name)
            ]
            _PARTS[part](scenes, options, results)
    print("\n".join(["", f"{machine()}; `{_command()}`", "", *results.lines()]))
    return 1 if results.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.realtime", description=__doc__)
    add = parser.add_argument
    add("--part", action="append", choices=list(_PARTS), help="may be repeated; all without")
    add("--streams", type=int, default=1000, help="of deliveries, cycles and faults")
    add("--users", type=int, default=100, help="how many the streams are spread over")
    add("--rate", type=float, default=10.0, help="posts per second of the steady run")
    add("--rounds", type=int, default=3, help="of deliveries on each server; medians are shown")
    add("--seconds", type=float, default=5.0, help="length of a run")
    add("--writers", type=int, default=4, help="connections that create in the fast run")
    add("--rule", action="append", choices=list(RULES), help="may be repeated; all without")
    add("--fault", action="append", choices=list(FAULTS), help="may be repeated; all without")
    add("--idle", type=int, default=10_000, metavar="STREAMS", help="how many idle ones")
    add("--at-once", type=int, default=AT_ONCE, help="idle streams that are opened together")
    add("--only", choices=[PB, PBPY], help="measure one server, compare nothing")
    add("--server", choices=["auto", "uvicorn", "hypercorn"], default="auto", help="pbpy's server")
    add("--workers", type=int, default=os.cpu_count(), help="pbpy's processes")
    return parser


def _start(name: str, folder: Path, options: argparse.Namespace) -> Server:
    folder.mkdir()
    if name == PB:
        return start_pocketbase(folder)
    kind = cast("ServerKind", options.server)
    return start_pbpy(folder, "--workers", str(options.workers), server=kind)


def _deliveries(scenes: list[Scene], options: argparse.Namespace, results: Results) -> None:
    plan = Plan(options.streams, options.rate, options.seconds, options.writers)
    for rule in options.rule or RULES:
        rounds: dict[str, list[Figures]] = {scene.target.name: [] for scene in scenes}
        for number in range(options.rounds):
            for scene in scenes:
                _say(f"deliveries, {rule}, round {number + 1}: {scene.target.name}")
                rounds[scene.target.name].append(measure_deliveries(scene, rule, plan))
        results.deliveries[rule] = {name: middle(figures) for name, figures in rounds.items()}


def _idle(scenes: list[Scene], options: argparse.Namespace, results: Results) -> None:
    for scene in scenes:
        _say(f"idle streams: {scene.target.name}")
        results.idle[scene.target.name] = measure_idle(scene, options.idle, options.at_once)


def _cycles(scenes: list[Scene], options: argparse.Namespace, results: Results) -> None:
    for scene in scenes:
        _say(f"cycles: {scene.target.name}")
        figures = measure_cycles(scene, options.streams, _RUNS_OF_CYCLES)
        results.cycles[scene.target.name] = figures


def _faults(scenes: list[Scene], options: argparse.Namespace, results: Results) -> None:
    for name in options.fault or FAULTS:
        for scene in scenes:
            _say(f"fault, {name}: {scene.target.name}")
            results.faults.append((scene.target.name, FAULTS[name](scene, options.streams)))


_PARTS: Final = {
    "deliveries": _deliveries,
    "idle": _idle,
    "cycles": _cycles,
    "faults": _faults,
}


def _command() -> str:
    return " ".join(["python -m benchmarks.realtime", *sys.argv[1:]])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Part 1: how long deliveries take at a steady rate, and how many there can be per second."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.load import LoadError, run_load
from benchmarks.process import cpu_seconds
from benchmarks.realtime.crowd import FAST_PAUSE_S, STEADY_PAUSE_S, Crowd
from benchmarks.realtime.steady import post_steadily
from benchmarks.runner import p99

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.realtime.scene import Scene

_WARM_UP_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """How many streams, how fast and for how long."""

    streams: int
    rate: float
    seconds: float
    writers: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one server did under one rule.

    Attributes:
        p50_ms: from the answer of a write to its last delivery, 0 when that came before.
        p99_ms: likewise.
        journey_p99_ms: from the moment the write was due to its last delivery.
        per_s: deliveries when the writers go as fast as they are answered.
        posts_per_s: how many writes these were.
        server_us: CPU time of the server per delivery, the writes included.
        client_us: that of the clients, writers included.
        client_cores: how much of one core the clients took.
        wrong: deliveries that are missing, came twice or to the wrong stream.
    """

    connects_per_s: float
    p50_ms: float
    p99_ms: float
    journey_p99_ms: float
    per_s: float
    posts_per_s: float
    server_us: float
    client_us: float
    client_cores: float
    wrong: int


@dataclass(frozen=True, slots=True)
class _Waits:
    p50_ms: float
    p99_ms: float
    journey_p99_ms: float
    wrong: int


@dataclass(frozen=True, slots=True)
class _Speed:
    per_s: float
    posts_per_s: float
    server_us: float
    client_us: float
    client_cores: float
    wrong: int


def middle(rounds: Sequence[Figures]) -> Figures:
    """Return the median of each figure; wrong deliveries are added up."""
    columns = [asdict(one) for one in rounds]
    medians = {name: median(one[name] for one in columns) for name in columns[0]}
    return Figures(**{**medians, "wrong": sum(one.wrong for one in rounds)})


def measure_deliveries(scene: Scene, rule: str, plan: Plan) -> Figures:
    """Open the streams, write, count; the streams are closed at the end.

    Raises:
        LoadError: a write was refused.
    """
    scene.set_rule(rule)
    with Crowd(scene.port) as crowd:
        connects_per_s = plan.streams / crowd.open(scene.seats(plan.streams))
        warm_up = _write(scene, plan.writers, _WARM_UP_S)
        crowd.settle(scene.readers(plan.streams) * len(warm_up))
        waits = _steady(scene, crowd, plan)
        speed = _fast(scene, crowd, plan)
    return Figures(
        connects_per_s,
        waits.p50_ms,
        waits.p99_ms,
        waits.journey_p99_ms,
        speed.per_s,
        speed.posts_per_s,
        speed.server_us,
        speed.client_us,
        speed.client_cores,
        waits.wrong + speed.wrong,
    )


def _steady(scene: Scene, crowd: Crowd, plan: Plan) -> _Waits:
    crowd.begin(STEADY_PAUSE_S)
    posts = post_steadily(scene, plan.rate, plan.seconds)
    if posts.failures:
        raise LoadError(f"{len(posts.failures)} writes failed, the first: {posts.failures[0]}")
    numbers = posts.numbers
    crowd.settle(scene.readers(plan.streams) * len(numbers))
    tally = crowd.tally(scene.posts_by_group(numbers))
    waits = posts.waits_ms(tally)
    journeys = posts.journeys_ms(tally)
    return _Waits(median(waits), p99(waits), p99(journeys), tally.missing + tally.surplus)


def _fast(scene: Scene, crowd: Crowd, plan: Plan) -> _Speed:
    crowd.begin(FAST_PAUSE_S)
    session = scene.target.session
    server_s, crowd_s, own_s = cpu_seconds(session), crowd.cpu_seconds, time.process_time()
    started_ns = time.time_ns()
    numbers = _write(scene, plan.writers, plan.seconds)
    own_s = time.process_time() - own_s
    crowd.settle(scene.readers(plan.streams) * len(numbers))
    server_s = cpu_seconds(session) - server_s
    client_s = crowd.cpu_seconds - crowd_s + own_s
    tally = crowd.tally(scene.posts_by_group(numbers))
    seconds = (max(tally.last_ns.values()) - started_ns) / 1e9
    return _Speed(
        tally.deliveries / seconds,
        len(numbers) / seconds,
        server_s * 1e6 / tally.deliveries,
        client_s * 1e6 / tally.deliveries,
        client_s / seconds,
        tally.missing + tally.surplus,
    )


def _write(scene: Scene, writers: int, seconds: float) -> range:
    """Create posts as fast as they are answered; return their numbers."""
    first = scene.next_number
    load = run_load(scene.port, scene.new_posts(), writers, seconds)
    if load.failed:
        raise LoadError(f"{load.failed} writes failed, the first: {load.first_failure}")
    return range(first, scene.next_number)

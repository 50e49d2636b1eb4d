"""Parts 2 and 3: many idle streams, and streams that come and go."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.process import memory_bytes, open_connections
from benchmarks.realtime.crowd import Crowd

if TYPE_CHECKING:
    from benchmarks.realtime.scene import Scene

_CLOSE_LIMIT_S: Final = 15.0
_POLL_S: Final = 0.05
_CYCLES_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class IdleFigures:
    """What many idle streams cost.

    Attributes:
        connects_per_s: streams opened and subscribed.
        kilobytes_each: memory of the server.
        connections_left: after all streams were closed.
    """

    streams: int
    connects_per_s: float
    kilobytes_each: float
    connections_left: int


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """What is left of streams that were opened, subscribed and closed.

    Attributes:
        kilobytes: memory after each run of so many cycles; the first one is the warm-up.
        connections_left: those of the server that were not there before.
    """

    cycles: int
    kilobytes: list[float]
    connections_left: int


def measure_idle(scene: Scene, streams: int, at_once: int) -> IdleFigures:
    """Open streams that nothing is sent to; close them."""
    session = scene.target.session
    before, known = memory_bytes(session), open_connections(session)
    with Crowd(scene.port) as crowd:
        seconds = crowd.open(scene.seats(streams), at_once)
        each = (memory_bytes(session) - before) / streams / 1024
        crowd.close()
    left = wait_until_closed(session, known)
    return IdleFigures(streams, streams / seconds, each, left)


def measure_cycles(scene: Scene, cycles: int, runs: int) -> CycleFigures:
    """Open and close so many streams, a few at a time, in several runs."""
    session = scene.target.session
    known = open_connections(session)
    kilobytes = [memory_bytes(session) / 1024]
    left = 0
    for _ in range(runs):
        with Crowd(scene.port) as crowd:
            for _ in range(cycles // _CYCLES_AT_ONCE):
                crowd.open(scene.seats(_CYCLES_AT_ONCE), _CYCLES_AT_ONCE)
                crowd.close()
        left = wait_until_closed(session, known)
        kilobytes.append(memory_bytes(session) / 1024)
    return CycleFigures(cycles, kilobytes, left)


def wait_until_closed(session: int, wanted: int, limit_s: float = _CLOSE_LIMIT_S) -> int:
    """Wait until a server has no more connections than wanted; return how many more it has."""
    deadline = time.monotonic() + limit_s
    while (left := open_connections(session) - wanted) > 0 and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return max(0, left)

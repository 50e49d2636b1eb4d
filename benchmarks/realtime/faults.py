"""Part 4: what others notice of streams that are cut, stalled or greedy, or of a lost worker."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.process import children, memory_bytes, open_connections, tcp_lines
from benchmarks.realtime.connections import wait_until_closed
from benchmarks.realtime.crowd import STEADY_PAUSE_S, Crowd
from benchmarks.realtime.steady import post_steadily
from benchmarks.realtime.streams import Seat, open_stream, topics_of_length
from benchmarks.realtime.wire import Line
from benchmarks.runner import p99
from benchmarks.slow_query import poll_health

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from benchmarks.realtime.crowd import Tally
    from benchmarks.realtime.scene import Scene
    from benchmarks.realtime.steady import Posts

_WATCHERS: Final = 100
"""Streams that are left alone, to see what they notice."""
_RATE: Final = 20.0
_SECONDS: Final = 6.0
_FAULT_AFTER_S: Final = 2.0
_RETURN_LIMIT_S: Final = 20.0
_STALLED_RATE: Final = 50.0
_STALLED_LIMIT_S: Final = 90.0
_STALLED_BUFFER_BYTES: Final = 4096
_LONG_TITLE: Final = "x" * 4000
_SHORT_LIMIT_S: Final = 5.0
_MOST_FAILURES: Final = 3
_GREEDY: Final = 20
_GREEDY_AT_ONCE: Final = 4
_TOPICS_EACH: Final = 1000
_TOPIC_BYTES: Final = 2500
_POLL_S: Final = 0.25
_ESTABLISHED: Final = "01"
_MB: Final = 1_000_000


def cut_streams(scene: Scene, streams: int) -> str:
    """Reset all connections of a crowd while posts flow."""
    session = scene.target.session
    took: list[float] = []
    with Crowd(scene.port) as watchers, Crowd(scene.port) as crowd:
        watchers.open(scene.seats(_WATCHERS))
        crowd.open(scene.seats(streams))

        def cut() -> None:
            known = open_connections(session)
            crowd.cut()
            started = time.monotonic()
            left = wait_until_closed(session, known - streams)
            took.append(time.monotonic() - started if left == 0 else math.inf)

        posts, tally = _post_around(scene, watchers, _WATCHERS, cut)
    return f"{streams} streams cut: forgotten after {took[0]:.2f} s; {_seen(posts, tally)}"


def kill_worker(scene: Scene, streams: int) -> str:
    """Kill one of several workers while posts flow."""
    workers = children(scene.target.session)
    if len(workers) < 2:
        return "worker killed: there is one process only"
    killed_ns: list[int] = []
    with Crowd(scene.port) as crowd:
        crowd.open(scene.seats(streams))
        crowd.reconnect()

        def kill() -> None:
            killed_ns.append(time.time_ns())
            os.kill(workers[-1], signal.SIGKILL)
            deadline = time.monotonic() + _RETURN_LIMIT_S
            time.sleep(_POLL_S)
            while crowd.ended[0] > crowd.ended[1] and time.monotonic() < deadline:
                time.sleep(_POLL_S)

        posts, tally = _post_around(scene, crowd, streams, kill)
        ended, back, last_ns = crowd.ended
    seconds = (last_ns - killed_ns[0]) / 1e9 if back else math.inf
    return (
        f"worker killed: {ended} of {streams} streams ended, {back} came back, the last after"
        f" {seconds:.2f} s, and missed {tally.missed_away} deliveries; {_seen(posts, tally)}"
    )


def stall_reader(scene: Scene, _: int) -> str:
    """Have one stream not be read while long posts flow, until the server gives it up."""
    session = scene.target.session
    line = Line(scene.port)
    with Crowd(scene.port) as watchers:
        watchers.open(scene.seats(_WATCHERS))
        watchers.begin(STEADY_PAUSE_S)
        before = memory_bytes(session)
        stalled = open_stream(scene.port, scene.seats(1)[0], line, _STALLED_BUFFER_BYTES)
        watch = _StalledWatch(session, scene.port, stalled.socket)
        posts = post_steadily(
            scene,
            _STALLED_RATE,
            _STALLED_LIMIT_S,
            padding=_LONG_TITLE,
            limit_s=_SHORT_LIMIT_S,
            goes_on=lambda posts: not watch.is_over and len(posts.failures) < _MOST_FAILURES,
        )
        watch.stop()
        watchers.settle(_WATCHERS * len(posts.numbers))
        tally = watchers.tally(scene.posts_by_group(posts.numbers), posts.unanswered)
        stalled.socket.close()
        line.close()
    return (
        f"reader stalled: {watch.outcome}; at most {(watch.most_bytes - before) / _MB:.1f} MB"
        f" more memory; {_seen(posts, tally)}"
    )


def long_topics(scene: Scene, _: int) -> str:
    """Have clients subscribe to as many topics as allowed, each as long as allowed."""
    session = scene.target.session
    before = memory_bytes(session)
    seat = Seat(tuple(topics_of_length(_TOPICS_EACH, _TOPIC_BYTES)), "")
    took: list[float] = []
    with Crowd(scene.port) as crowd:

        def subscribe() -> None:
            took.append(crowd.open([seat] * _GREEDY, _GREEDY_AT_ONCE))

        worker = threading.Thread(target=subscribe, name="long topics")
        worker.start()
        waits = poll_health(scene.target, worker)
        worker.join()
        held = memory_bytes(session) - before
    if not took:
        return "long topics: refused"
    return (
        f"long topics: {_GREEDY} clients with {_TOPICS_EACH} of {_TOPIC_BYTES} bytes took"
        f" {took[0]:.1f} s and {held / _GREEDY / _MB:.1f} MB each; health meanwhile: median"
        f" {median(waits):.1f} ms, p99 {p99(waits):.1f} ms, at most {max(waits):.1f} ms"
    )


FAULTS: Final = {
    "cut": cut_streams,
    "stalled": stall_reader,
    "topics": long_topics,
    "killed": kill_worker,
}


class _StalledWatch:
    """Looks at a connection from the server's side, and at the memory, until it is stopped."""

    def __init__(self, session: int, port: int, connection: socket.socket) -> None:
        self.most_bytes = 0
        self.closed_after_s = 0.0
        self.gone_after_s = 0.0
        self._session = session
        self._ends = (port, connection.getsockname()[1])
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stalled reader")
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the server has given the connection up, and the system as well."""
        return self.gone_after_s > 0

    @property
    def outcome(self) -> str:
        """What happened to the connection."""
        if not self.closed_after_s:
            return "still open"
        gone = f"after {self.gone_after_s:.0f} s" if self.is_over else "not yet"
        return f"closed after {self.closed_after_s:.0f} s, its memory given back {gone}"

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        started = time.monotonic()
        while not self._stopped.wait(_POLL_S):
            self.most_bytes = max(self.most_bytes, memory_bytes(self._session))
            state = _tcp_state(*self._ends)
            if state != _ESTABLISHED and not self.closed_after_s:
                self.closed_after_s = time.monotonic() - started
            if not state and not self.gone_after_s:
                self.gone_after_s = time.monotonic() - started


def _tcp_state(local_port: int, remote_port: int) -> str:
    """Return the state of one end of a connection, in hexadecimal; empty when it is no more."""
    for line in tcp_lines():
        local, remote, state = line.split()[1:4]
        if int(local[-4:], 16) == local_port and int(remote[-4:], 16) == remote_port:
            return state
    return ""


def _post_around(
    scene: Scene, crowd: Crowd, streams: int, fault: Callable[[], None]
) -> tuple[Posts, Tally]:
    """Create posts steadily, do harm in the middle; return what the crowd got."""
    crowd.begin(STEADY_PAUSE_S)
    with ThreadPoolExecutor(1) as thread:
        posting = thread.submit(post_steadily, scene, _RATE, _SECONDS)
        time.sleep(_FAULT_AFTER_S)
        fault()
        posts = posting.result()
    crowd.settle(streams * len(posts.numbers))
    return posts, crowd.tally(scene.posts_by_group(posts.numbers), posts.unanswered)


def _seen(posts: Posts, tally: Tally) -> str:
    """Return what the writer and the streams that were left alone have noticed."""
    return (
        f"of {len(posts.due_ns)} posts {len(posts.failures)} failed, the slowest answer took"
        f" {max(posts.answers_ms):.0f} ms; the others: p99 {p99(posts.journeys_ms(tally)):.0f} ms,"
        f" {tally.missing} missing, {tally.surplus} too many"
    )

"""Posts at a steady rate, whatever the server makes of them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from benchmarks.realtime.wire import ANSWER_LIMIT_S, Line

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from benchmarks.realtime.crowd import Tally
    from benchmarks.realtime.scene import Scene

_LINES: Final = 16
"""Posts that may be unanswered at the same time; the next one waits, but its clock runs."""


@dataclass(slots=True)
class Posts:
    """The posts of a run: when each was due and answered, by its number."""

    due_ns: dict[int, int] = field(default_factory=dict)
    answered_ns: dict[int, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """The numbers of those that the server has accepted."""
        return sorted(self.answered_ns)

    @property
    def unanswered(self) -> set[int]:
        """The numbers of the others; the server may have accepted some of them."""
        return self.due_ns.keys() - self.answered_ns.keys()

    @property
    def answers_ms(self) -> list[float]:
        """From the moment that a post was due to its answer."""
        return [(at - self.due_ns[n]) / 1e6 for n, at in self.answered_ns.items()]

    def waits_ms(self, tally: Tally) -> list[float]:
        """From each answer to the last delivery; 0 when that came before."""
        return [
            max(0.0, (tally.last_ns[number] - at) / 1e6)
            for number, at in self.answered_ns.items()
            if number in tally.last_ns
        ]

    def journeys_ms(self, tally: Tally) -> list[float]:
        """From the moment that each post was due to the last delivery."""
        return [
            (tally.last_ns[number] - self.due_ns[number]) / 1e6
            for number in self.answered_ns
            if number in tally.last_ns
        ]


def post_steadily(
    scene: Scene,
    rate: float,
    seconds: float,
    *,
    padding: str = "",
    limit_s: float = ANSWER_LIMIT_S,
    goes_on: Callable[[Posts], bool] | None = None,
) -> Posts:
    """Create posts at a rate; a post's time counts from the moment it was due.

    Args:
        limit_s: for one answer.
        goes_on: asked before each post, with those so far; False is the end.
    """
    posts = Posts()
    lines: SimpleQueue[Line] = SimpleQueue()
    every = [Line(scene.port, limit_s) for _ in range(_LINES)]
    for line in every:
        lines.put(line)

    def create(number: int, raw: bytes) -> None:
        line = lines.get()
        try:
            answer = line.exchange(raw)
        except OSError as error:
            posts.failures.append(repr(error))
        else:
            if answer.status == 200:
                posts.answered_ns[number] = answer.at_ns
            else:
                posts.failures.append(f"{answer.status} {answer.start!r}")
        finally:
            lines.put(line)

    creating: list[Future[None]] = []
    start_ns = time.time_ns()
    with ThreadPoolExecutor(_LINES) as threads:
        for turn in range(int(rate * seconds)):
            due_ns = start_ns + int(turn / rate * 1e9)
            time.sleep(max(0.0, (due_ns - time.time_ns()) / 1e9))
            if goes_on is not None and not goes_on(posts):
                break
            number = scene.next_number
            posts.due_ns[number] = due_ns
            creating.append(threads.submit(create, number, scene.new_post(padding)))
    for one in creating:
        one.result()
    for line in every:
        line.close()
    return posts

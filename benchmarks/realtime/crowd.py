"""Crowd: many streams in a process of their own, so that its work is told from the server's."""

from __future__ import annotations

import multiprocessing
import re
import select
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.process import raise_file_limit
from benchmarks.realtime.streams import Stream, open_stream, split_frames
from benchmarks.realtime.wire import ANCILLARY_BYTES, Line, arrival_ns
from benchmarks.target import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection

    from benchmarks.realtime.streams import Seat

AT_ONCE: Final = 50
"""Streams that are opened at the same time."""
STEADY_PAUSE_S: Final = 0.02
FAST_PAUSE_S: Final = 0.1
"""Between two rounds of reading: short where moments count, else long, which is cheaper."""
SILENCE_S: Final = 3.0
"""What has not arrived after so long a silence is missing."""

_BUFFER_BYTES: Final = 1 << 20
_TITLE: Final = re.compile(rb'"title":"t(\d+)')
_POLL_S: Final = 0.05


@dataclass(slots=True)
class Tally:
    """What a crowd got of the posts that were for it.

    Attributes:
        last_ns: by the number of a post, when it arrived at the last of its readers.
        missing: deliveries that did not come, except to streams that were opened anew.
        surplus: deliveries that came twice, or to the wrong stream.
        missed_away: deliveries that did not come to streams that were opened anew.
    """

    deliveries: int = 0
    last_ns: dict[int, int] = field(default_factory=dict)
    missing: int = 0
    surplus: int = 0
    missed_away: int = 0


class Crowd:
    """A process with streams to one server; leaving the context ends both."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, inner = context.Pipe()
        self._process = context.Process(target=_live, args=(inner, port), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._call("cpu_seconds")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()
        self._pipe.close()

    def open(self, seats: Sequence[Seat], at_once: int = AT_ONCE) -> float:
        """Open a stream per seat; return how many seconds that took."""
        seconds: float = self._call("open", list(seats), at_once)
        return seconds

    def begin(self, pause_s: float) -> None:
        """Forget what has arrived; read with a pause between two rounds from now on."""
        self._call("begin", pause_s)

    def reconnect(self) -> None:
        """Open a stream anew when it ends, from now on."""
        self._call("reconnect")

    def settle(self, deliveries: int) -> None:
        """Wait until so many deliveries have come, or no more come."""
        count = self.count
        changed = time.monotonic()
        while count < deliveries and time.monotonic() - changed < SILENCE_S:
            time.sleep(_POLL_S)
            if (now := self.count) != count:
                count, changed = now, time.monotonic()

    @property
    def count(self) -> int:
        """Deliveries so far."""
        number: int = self._call("count")
        return number

    @property
    def ended(self) -> tuple[int, int, int]:
        """How many streams have ended; how many of them are open again, and the last since when."""
        numbers: tuple[int, int, int] = self._call("ended")
        return numbers

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of the process so far."""
        seconds: float = self._call("cpu_seconds")
        return seconds

    def tally(self, posts: Sequence[Sequence[int]], unsure: Iterable[int] = ()) -> Tally:
        """Compare what came with the numbers of the posts for each group.

        Args:
            unsure: numbers of posts that may exist or not, since their writer had no answer.
        """
        tally: Tally = self._call("tally", posts, frozenset(unsure))
        return tally

    def cut(self) -> None:
        """Reset all connections."""
        self._call("cut")

    def close(self) -> None:
        """Close all connections."""
        self._call("close")

    def _call(self, name: str, *args: object) -> Any:
        self._pipe.send((name, args))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def _live(pipe: Connection, port: int) -> None:
    """Do what the other end of the pipe says; read meanwhile."""
    raise_file_limit()
    streams = _Streams(port)
    while True:
        if pipe.poll(streams.pause_s):
            name, args = pipe.recv()
            try:
                pipe.send(getattr(streams, name)(*args))
            except (OSError, ApiError) as error:
                pipe.send(ApiError(f"{name}: {error!r}"))
        streams.read()


class _Streams:
    """The process of a crowd."""

    def __init__(self, port: int) -> None:
        self.pause_s = STEADY_PAUSE_S
        self._port = port
        self._poller = select.epoll()
        self._streams: dict[int, Stream] = {}
        self._gone: list[Stream] = []
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._reconnects = False
        self._ended = 0
        self._returned = 0
        self._last_return_ns = 0
        self._returning: dict[Future[Stream], Stream] = {}

    def open(self, seats: list[Seat], at_once: int) -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            for stream in threads.map(self._open_one, seats):
                self._add(stream)
        return time.perf_counter() - started

    def _open_one(self, seat: Seat) -> Stream:
        if not hasattr(self._own, "line"):
            self._own.line = Line(self._port)
        return open_stream(self._port, seat, self._own.line)

    def _add(self, stream: Stream) -> None:
        number = stream.socket.fileno()
        self._streams[number] = stream
        self._poller.register(number, select.EPOLLIN)

    def read(self) -> None:
        """Read what has arrived."""
        for number, _ in self._poller.poll(0, max(1, len(self._streams))):
            stream = self._streams[number]
            size, at_ns = self._receive(stream)
            if not size:
                self._end(number, stream)
                continue
            frames, stream.rest = split_frames(stream.rest + self._buffer[:size].tobytes())
            titles = _TITLE.findall(frames)
            stream.titles += titles
            stream.arrivals_ns += [at_ns] * len(titles)
        for future in [one for one in self._returning if one.done()]:
            self._take_back(future)

    def _receive(self, stream: Stream) -> tuple[int, int]:
        """Return how many bytes were read, 0 at the end, and when the last of them arrived."""
        try:
            size, ancillary, _, _ = stream.socket.recvmsg_into([self._buffer], ANCILLARY_BYTES)
        except OSError:
            return 0, 0
        return size, arrival_ns(ancillary)

    def _end(self, number: int, stream: Stream) -> None:
        self._poller.unregister(number)
        del self._streams[number]
        stream.socket.close()
        self._ended += 1
        if self._reconnects:
            stream.was_away = True
            self._return(stream)
        else:
            self._gone.append(stream)

    def _return(self, stream: Stream) -> None:
        self._returning[self._threads.submit(self._open_one, stream.seat)] = stream

    def _take_back(self, future: Future[Stream]) -> None:
        stream = self._returning.pop(future)
        if future.exception() is not None:
            self._return(stream)
            return
        stream.socket = future.result().socket
        stream.rest = b""
        self._add(stream)
        self._returned += 1
        self._last_return_ns = time.time_ns()

    def begin(self, pause_s: float) -> None:
        self.pause_s = pause_s
        for stream in self._every():
            stream.titles.clear()
            stream.arrivals_ns.clear()

    def _every(self) -> list[Stream]:
        """Return the streams, with those that the server has ended: they miss what follows."""
        return [*self._streams.values(), *self._returning.values(), *self._gone]

    def reconnect(self) -> None:
        self._reconnects = True

    def count(self) -> int:
        return sum(len(stream.titles) for stream in self._every())

    def ended(self) -> tuple[int, int, int]:
        return self._ended, self._returned, self._last_return_ns

    def cpu_seconds(self) -> float:
        return time.process_time()

    def tally(self, posts: Sequence[Sequence[int]], unsure: frozenset[int]) -> Tally:
        tally = Tally()
        wanted = [Counter(group) for group in posts]
        for stream in self._every():
            numbers = [int(title) for title in stream.titles]
            tally.deliveries += len(numbers)
            for number, at_ns in zip(numbers, stream.arrivals_ns, strict=True):
                tally.last_ns[number] = max(at_ns, tally.last_ns.get(number, 0))
            got = Counter(number for number in numbers if number not in unsure)
            expected = wanted[stream.seat.group % len(wanted)]
            missing = (expected - got).total()
            tally.surplus += (got - expected).total()
            if stream.was_away:
                tally.missed_away += missing
            else:
                tally.missing += missing
        return tally

    def cut(self) -> None:
        for stream in self._take_all():
            stream.cut()

    def close(self) -> None:
        for stream in self._take_all():
            stream.socket.close()

    def _take_all(self) -> list[Stream]:
        streams = list(self._streams.values())
        for number in self._streams:
            self._poller.unregister(number)
        self._streams.clear()
        return streams

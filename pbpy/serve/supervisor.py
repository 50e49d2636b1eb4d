"""The parent of the workers: it prepares the data directory, starts them and replaces the dead.

It opens no database and runs no event loop, so that a fork of it is clean at any moment. What
has to happen once, as migrations, is done by a child of its own before the first worker.
Each worker holds the end of a pipe, the lifeline: when the parent closes it, they finish what
they have accepted and end. When the parent is killed, they are, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import select
import shutil
import signal
import socket
import time
from typing import TYPE_CHECKING, Final

import orjson

from pbpy.bus.place import Place
from pbpy.bus.queries import drop_outbox
from pbpy.bus.topic_table import MAX_MEMBERS
from pbpy.errors import ConfigError, PbpyError, StoreError
from pbpy.serve.banner import greet
from pbpy.serve.crew import Worker
from pbpy.serve.folder import shared_folder
from pbpy.serve.forks import describe_end, die_with, fork, log, read_all
from pbpy.serve.limits import FAREWELL_S, GRACE_S
from pbpy.serve.listen import listen_together
from pbpy.serve.worker import run_worker
from pbpy.start import prepare_data
from pbpy.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from pbpy.app import App
    from pbpy.serve.servers import ServerChoice

_STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CLOSE_S: Final = 5.0
"""What a worker may take to close its App, after the grace period of its requests."""

_WAKE_BYTES: Final = 4096


def supervise(app: App, http: str, choice: ServerChoice, count: int) -> None:
    """Serve with several workers until SIGINT, SIGTERM or SIGHUP; blocks.

    Args:
        app: an App that is not open; every worker opens its copy.
        http: `address:port`.
        choice: the ASGI server.
        count: how many workers.

    Raises:
        ConfigError: the address cannot be used, the data directory cannot be prepared, or a
            worker cannot start.
    """
    if not 1 <= count <= MAX_MEMBERS:
        raise ConfigError(f"there must be 1 to {MAX_MEMBERS} workers, not {count}")
    listeners = listen_together(http, count)
    try:
        with shared_folder() as folder:
            installer_token = _prepare(app)
            supervisor = _Supervisor(app, choice, listeners, folder)
            supervisor.run(lambda: greet(listeners[0].getsockname(), installer_token))
    finally:
        for listener in listeners:
            listener.close()
    asyncio.run(_tidy(app))


def _prepare(app: App) -> str | None:
    """Prepare the data directory in a process of its own; return the installer's token.

    Raises:
        ConfigError: with the reason.
    """
    reading, writing = os.pipe()

    def work() -> None:
        os.close(reading)
        try:
            answer = {"token": asyncio.run(_open_and_prepare(app))}
        except PbpyError as error:
            answer = {"error": str(error)}
        os.write(writing, orjson.dumps(answer))

    pid = fork(work)
    os.close(writing)
    answer = read_all(reading)
    os.waitpid(pid, 0)
    if not answer:
        raise ConfigError("the data directory could not be prepared: the log says why")
    result: dict[str, str | None] = orjson.loads(answer)
    if "error" in result:
        raise ConfigError(str(result["error"]))
    return result["token"]


async def _open_and_prepare(app: App) -> str | None:
    async with app:
        await prepare_data(app)
        return await app.installer_token()


async def _tidy(app: App) -> None:
    """Leave the databases as one process does: no table of messages, the log written back."""
    try:
        store = await Store.open(app.config)
    except PbpyError as error:
        log.warning("the databases were not tidied up: %s", error)
        return
    try:
        async with store.data.transaction() as tx:
            await drop_outbox(tx)
    except StoreError as error:
        log.warning("the databases were not tidied up: %s", error)
    finally:
        await store.close()


class _Supervisor:
    """The parent's loop. All its waiting is in `_wait`, which signals and deaths end."""

    def __init__(
        self, app: App, choice: ServerChoice, listeners: Sequence[socket.socket], folder: Path
    ) -> None:
        self._app = app
        self._choice = choice
        self._folder = folder
        self._workers = [Worker(number, listener) for number, listener in enumerate(listeners)]
        self._lifeline, self._lifeline_held = os.pipe()
        self._ready, self._ready_held = os.pipe()
        self._stops = 0

    def run(self, greet_all: Callable[[], None]) -> None:
        """Start all workers, greet when all are ready, replace the dead, stop them all."""
        gc.collect()
        gc.freeze()  # what is older than a worker stays shared with it
        with _wake_up_signals(self._note_stop) as woken:
            try:
                self._start_all(woken)
                if not self._stops:
                    greet_all()
                while not self._stops:
                    self._note_dead()
                    self._start_due()
                    self._wait(woken, self._next_start_s())
            finally:
                self._stop_all(woken)

    def _note_stop(self, number: int, _frame: FrameType | None) -> None:
        self._stops += 1
        if self._stops > 1:
            for worker in self._workers:
                worker.kill()
            shutil.rmtree(self._folder, ignore_errors=True)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    # workers

    def _start_all(self, woken: socket.socket) -> None:
        for worker in self._workers:
            worker.start(self._fork)
        while not all(worker.is_ready for worker in self._workers):
            self._wait(woken, self._next_start_s())
            if self._stops:
                return
            self._note_dead()
            if any(worker.exit_code > 0 for worker in self._workers):
                raise ConfigError("a worker ended before it could serve: the log says why")
            self._start_due()

    def _fork(self, worker: Worker) -> int:
        parent = os.getpid()

        def work() -> None:
            die_with(parent)
            for number in (*_STOPS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            os.close(self._lifeline_held)
            os.close(self._ready)
            for other in self._workers:
                if other is not worker and other.listener is not None:
                    other.listener.close()
            if worker.listener is None:
                raise RuntimeError("a worker needs a listening socket")
            self._app.place = Place(worker.number, self._folder)
            run_worker(self._app, worker.listener, self._choice, self._lifeline, self._ready_held)

        return fork(work)

    def _note_dead(self) -> None:
        for worker in self._workers:
            if worker.note_end():
                log.warning(
                    "worker %d has ended (%s) and is replaced",
                    worker.number,
                    describe_end(worker.exit_code),
                )

    def _start_due(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if not worker.pid and worker.start_at <= now:
                worker.start(self._fork)

    def _next_start_s(self) -> float | None:
        pending = [worker.start_at for worker in self._workers if not worker.pid]
        return max(0.0, min(pending) - time.monotonic()) if pending else None

    def _wait(self, woken: socket.socket, timeout_s: float | None) -> None:
        """Wait for a signal, a death, a worker that is ready, or the time."""
        readable, _, _ = select.select([woken.fileno(), self._ready], [], [], timeout_s)
        if woken.fileno() in readable:
            woken.recv(_WAKE_BYTES)
        if self._ready in readable:
            for number in os.read(self._ready, MAX_MEMBERS):
                self._workers[number].is_ready = True

    # end

    def _stop_all(self, woken: socket.socket) -> None:
        """End the lifeline and wait for the workers; kill those that take too long."""
        for worker in self._workers:
            if worker.listener is not None:
                worker.listener.close()
        os.close(self._lifeline_held)
        deadline = time.monotonic() + FAREWELL_S + GRACE_S + _CLOSE_S
        while self._running():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                log.error("workers that did not stop in time are killed")
                for worker in self._workers:
                    worker.kill()
                deadline += _CLOSE_S
                continue
            self._wait(woken, left_s)
        for descriptor in (self._lifeline, self._ready, self._ready_held):
            os.close(descriptor)

    def _running(self) -> bool:
        for worker in self._workers:
            worker.note_end()
        return any(worker.pid for worker in self._workers)


@contextlib.contextmanager
def _wake_up_signals(
    stop: Callable[[int, FrameType | None], None],
) -> Iterator[socket.socket]:
    """Yield a socket that is readable after a signal; stop is called for those that end us."""
    woken, waking = socket.socketpair()
    woken.setblocking(False)
    waking.setblocking(False)

    def note_child(_number: int, _frame: FrameType | None) -> None:
        """Do nothing: the wait has ended, which is enough."""

    stops = set(_STOPS)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as nohup wants it
        stops.discard(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in stops}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, note_child)
    previous = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    try:
        yield woken
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        woken.close()
        waking.close()

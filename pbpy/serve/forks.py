"""Forks: child processes of a process that has neither threads nor an event loop."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

from pbpy.errors import PbpyError

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG: Final = 1

log = logging.getLogger("pbpy.serve")


def fork(work: Callable[[], None]) -> int:
    """Return the id of a new process that does work and ends, with status 1 if it raises."""
    _flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except PbpyError as error:
        log.error("%s", error)  # noqa: TRY400  # expected kinds need no trace
    except BaseException:  # a process ends here
        log.exception("a process has failed")
    finally:
        _flush()
        os._exit(status)


def die_with(parent: int) -> None:
    """Have the system end this process at once when its parent dies; Linux only.

    What is left of a server that was killed must neither hold its port nor write any more.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has died before
        os.kill(os.getpid(), signal.SIGKILL)


def find_end(pid: int) -> int | None:
    """Return how a child has ended, as Popen's returncode, or None while it runs.

    Once it has ended, its id means nothing any more.
    """
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def describe_end(code: int) -> str:
    """Return words for what `find_end` gives: a status, or the signal that ended the process."""
    return f"status {code}" if code >= 0 else f"signal {-code}, {signal.strsignal(-code)}"


def read_all(descriptor: int) -> bytes:
    """Return what is written into a pipe until all its writers have closed it; closes it, too."""
    with os.fdopen(descriptor, "rb") as pipe:
        return pipe.read()


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()

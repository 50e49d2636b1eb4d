"""Forks: child processes of a process that has neither threads nor an event loop."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from pbpy.errors import PbpyError

if TYPE_CHECKING:
    from collections.abc import Callable

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


def find_end(pid: int) -> int | None:
    """Return how a child has ended, as Popen's returncode, or None while it runs.

    Once it has ended, its id means nothing any more.
    """
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def read_all(descriptor: int) -> bytes:
    """Return what is written into a pipe until all its writers have closed it; closes it, too."""
    with os.fdopen(descriptor, "rb") as pipe:
        return pipe.read()


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()

"""The folder in which the workers of a server have their sockets and shared tables."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pbpy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = "pbpy-"
_LOCK: Final = "lock"
_MAX_BYTES: Final = 97
"""What its path may take: with the name of a socket it has to stay below 108."""


@contextlib.contextmanager
def shared_folder() -> Iterator[Path]:
    """Yield a new folder in the system's temporary one, of this user alone; removed at the end.

    Those of servers that were killed are removed, too: nobody holds their lock any more.

    Raises:
        ConfigError: there is no temporary directory, or its path is too long for sockets.
    """
    try:
        _remove_abandoned()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as error:
        raise ConfigError(f"the workers have no temporary directory: {error}") from error
    if len(os.fsencode(folder)) > _MAX_BYTES:
        folder.rmdir()
        raise ConfigError(
            "the path of the temporary directory is too long for sockets, set TMPDIR to a shorter"
            f" one: {folder.parent}"
        )
    unlocked = folder / f"{_LOCK}.new"
    lock = os.open(unlocked, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unlocked.rename(folder / _LOCK)  # which is never seen unlocked while we live
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # of another user, not a server's, or in use
            lock = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)

"""Work on the disk, done in threads so that a slow disk holds up nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pbpy.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


async def on_disk(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return work(*args), done in a thread.

    A started piece of work is waited for even when the caller is cancelled, so that nothing
    is written behind the back of whoever cleans up.

    Raises:
        StorageError: the operating system refused.
    """
    running = asyncio.get_running_loop().run_in_executor(
        None, functools.partial(work, *args, **kwargs)
    )
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await running
        raise
    except OSError as error:
        raise StorageError(f"{error.strerror}: {error.filename}") from error

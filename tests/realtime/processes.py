"""Processes of one application: Apps with databases and a bus of their own over one directory."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pbpy.app import App
from pbpy.bus.place import Place
from pbpy.config import Config
from tests.records.blog import make_blog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT_S = 20.0


@contextlib.asynccontextmanager
async def processes(folder: Path, redis_url: str = "", count: int = 2) -> AsyncIterator[list[App]]:
    """Yield open Apps over one directory, which has the blog."""
    config = Config(data_dir=folder / "pb_data", redis_url=redis_url)
    async with contextlib.AsyncExitStack() as stack:
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pbpy-")))
        apps = []
        for number in range(count):
            app = App(config)
            app.place = Place(number, sockets)
            apps.append(await stack.enter_async_context(app))
        await make_blog(apps[0])
        yield apps


async def settle(*apps: App) -> None:
    """Wait until all have acted on what any has published."""
    for app in apps:
        await app.bus.sync()
    for app in apps:
        await app.background.wait()

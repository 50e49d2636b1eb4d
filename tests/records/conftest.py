"""The fixture which plays a scenario in a fresh application with the blog in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.records.blog import make_blog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    Play: TypeAlias = Callable[[Callable[[App], Awaitable[None]]], None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Return a function that runs a scenario; no task may be left behind."""

    def run(scenario: Callable[[App], Awaitable[None]]) -> None:
        async def main() -> None:
            async with App(Config(data_dir=tmp_path / "pb_data")) as app:
                await make_blog(app)
                await scenario(app)

        asyncio.run(main())

    return run

"""Applications with some of the sets, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.hook_files import load_hook_files
from pbpy.start import prepare
from tests.api.conftest import Server, open_server
from tests.apps.sets import HOOKS, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Server]:
    """A server over an empty directory, without hooks."""
    with open_server(App(Config(data_dir=tmp_path / "empty", password_hash="bcrypt"))) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with everything that comes with pbpy, as `pbpy serve` starts it."""
    app = App(
        Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt", migrations_dir=MIGRATIONS)
    )
    load_hook_files(app, HOOKS)
    with open_server(app) as server:
        server.run(prepare(app))
        yield server

"""The world of sign-in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server
from tests.auth.world import World
from tests.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh application with `users`, whose mails arrive in `world.mailbox`."""
    app = App(Config(data_dir=tmp_path / "pb_data", public_dir=tmp_path / "pb_public"))
    with Mailbox() as mailbox, open_server(app) as server:
        yield World(server, mailbox)

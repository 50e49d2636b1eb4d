"""The worlds of the OAuth2 tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.auth.oauth2.scripted_provider import ScriptedProvider, run_provider
from tests.auth.oauth2.site import Site, open_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A fresh application, whose `users` know a scripted provider as `oidc`."""
    with open_site(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    """A provider without an application."""
    with run_provider() as running:
        yield running

"""The world of sign-in tests, for the cases about signing in."""

from __future__ import annotations

from tests.auth.conftest import world

__all__ = ["world"]

"""The blog of the record tests, with clients that listen."""

from __future__ import annotations

from tests.records.conftest import play

__all__ = ["play"]

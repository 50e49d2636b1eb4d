"""The blog of the record tests, with clients that listen."""

from __future__ import annotations

from tests.bus.conftest import redis_url
from tests.records.conftest import play

__all__ = ["play", "redis_url"]

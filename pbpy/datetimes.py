"""Timestamps as PocketBase writes them: `2022-01-01 10:00:00.123Z`, always UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def format_datetime(moment: datetime) -> str:
    """Return an aware datetime in UTC, digits below the millisecond cut off."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds") + "Z"


def now() -> str:
    """Return the present moment."""
    return format_datetime(datetime.now(UTC))


def now_us() -> int:
    """Return the present moment in microseconds since 1970, as `_migrations.applied` has it."""
    return time.time_ns() // 1000

"""What a server process and its children cost, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Fields of /proc/PID/stat after the parenthesised name, counted from zero.
_SESSION, _USER, _SYSTEM, _CHILD_USER, _CHILD_SYSTEM = 3, 11, 12, 13, 14


def cpu_seconds(session: int) -> float:
    """Return CPU seconds, user and system, of the live and dead processes of a session."""
    ticks = 0
    for fields in _session_stats(session).values():
        ticks += sum(int(fields[i]) for i in (_USER, _SYSTEM, _CHILD_USER, _CHILD_SYSTEM))
    return ticks / _TICKS_PER_S


def memory_bytes(session: int) -> int:
    """Return the resident memory of all processes of a session."""
    total = 0
    for pid in _session_stats(session):
        resident_pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        total += int(resident_pages) * _PAGE_BYTES
    return total


def _session_stats(session: int) -> dict[int, list[str]]:
    stats: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        fields = text.rpartition(")")[2].split()
        if int(fields[_SESSION]) == session:
            stats[int(entry.name)] = fields
    return stats

"""What a server process and its children cost, from /proc."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the parenthesised name, counted from zero.
_SESSION, _USER, _SYSTEM, _CHILD_USER, _CHILD_SYSTEM = 3, 11, 12, 13, 14
_INODE = 9
"""The field of a line of /proc/net/tcp that names the socket."""
_PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)


def cpu_seconds(session: int) -> float:
    """Return CPU seconds, user and system, of the live and dead processes of a session."""
    ticks = 0
    for fields in _session_stats(session).values():
        ticks += sum(int(fields[i]) for i in (_USER, _SYSTEM, _CHILD_USER, _CHILD_SYSTEM))
    return ticks / _TICKS_PER_S


def memory_bytes(session: int) -> int:
    """Return the memory of all processes of a session; what they share counts once."""
    kilobytes = 0
    for pid in _session_stats(session):
        try:
            found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
        except OSError:  # it ended meanwhile
            continue
        kilobytes += int(found[1]) if found else 0
    return kilobytes * 1024


def open_connections(session: int) -> int:
    """Return how many TCP sockets all processes of a session have open."""
    sockets = {f"socket:[{line.split()[_INODE]}]" for line in tcp_lines()}
    count = 0
    for pid in _session_stats(session):
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                count += str(link.readlink()) in sockets
            except OSError:  # it was closed meanwhile
                continue
    return count


def tcp_lines() -> list[str]:
    """Return the system's table of TCP over IPv4, a line per socket."""
    return Path("/proc/net/tcp").read_text().splitlines()[1:]


def children(session: int) -> list[int]:
    """Return the ids of the processes of a session but for its leader, the oldest first."""
    return sorted(_session_stats(session).keys() - {session})


def raise_file_limit() -> None:
    """Let this process, and those that it starts, open as many files as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


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

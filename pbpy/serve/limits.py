"""What every server of ours allows a client."""

from __future__ import annotations

import contextlib

HEAD_BYTES = 256 * 1024
"""Request line and headers; more is 431."""

HEAD_TIMEOUT_S = 60.0
"""From the first byte, or the opening of the connection, to the end of the headers."""

KEEP_ALIVE_S = 60.0
"""How long a connection may be idle between requests."""

BACKLOG = 2048
"""Connections that wait to be accepted."""

FAREWELL_S = 0.2
"""After a stop signal: new requests still get an answer, which is 503."""

GRACE_S = 10.0
"""After a stop signal: how long accepted requests may take."""

SILENCE_S = 60
"""How long a client may leave sent data unread or unacknowledged; nginx's limit too."""


def raise_file_limit() -> None:
    """Let this process and its workers open as many files as the system lets them.

    A stream needs one, and the usual first limit of 1,024 is soon reached.
    """
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS names a limit it does not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

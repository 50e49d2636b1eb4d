"""A running server follows what other programs change in its settings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.servers import Server, find_command, run_command, start_pbpy

if TYPE_CHECKING:
    import http.client
    from pathlib import Path

LIMIT_S = 5.0
FORBIDDEN = 403
OK = 200


def wait_for(server: Server, token: str, status: int) -> None:
    """Ask as the superuser until the answer has a status."""
    deadline = time.monotonic() + LIMIT_S
    connection = server.connect()
    while ask(connection, token) != status:
        assert time.monotonic() < deadline, f"no {status} in {LIMIT_S} s"
    connection.close()


def ask(connection: http.client.HTTPConnection, token: str) -> int:
    connection.request("GET", "/api/health", headers={"Authorization": token})
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.mark.parametrize("program", ["pbpy", "pocketbase"])
def test_the_command_line_opens_the_door_again(tmp_path: Path, program: str) -> None:
    """A superuser who has shut everybody out needs the command line, not a restart."""
    if find_command(program) is None:
        pytest.skip(f"{program} is not installed")
    where = ("--dir", str(tmp_path / "pb_data"))
    with start_pbpy(tmp_path, password_hash="bcrypt") as server:
        token = server.superuser_token
        run_command(program, "superuser", "ips", "10.0.0.1", *where)
        wait_for(server, token, FORBIDDEN)
        run_command(program, "superuser", "ips", *where)
        wait_for(server, token, OK)

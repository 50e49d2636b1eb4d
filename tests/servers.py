"""Start real server processes, PocketBase's own and ours, for tests and benchmarks.

Every server gets a parent folder of its own: PocketBase writes `pb_migrations` beside its
data directory. A new data directory gets the superuser `SUPERUSER_EMAIL` before the first
start; a directory which exists is served as it is, so tokens issued earlier stay valid.

    with start_pbpy(tmp_path) as server:
        answer = httpx.get(f"{server.base_url}/api/health")
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

ServerKind = Literal["auto", "hypercorn", "uvicorn"]
PasswordHash = Literal["argon2id", "bcrypt"]

SUPERUSER_EMAIL = "root@example.com"
SUPERUSER_PASSWORD = "1234567890"

START_LIMIT_S = 20.0
STOP_LIMIT_S = 15.0
POLL_S = 0.01
_ANSWER_LIMIT_S = 10.0
_HOST = "127.0.0.1"


class ServerError(Exception):
    """A server process ended early, never answered, or did not stop; carries its output."""


@dataclass(eq=False)
class Server:
    """One running server process: a context manager which stops it on leaving."""

    name: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    log_path: Path = field(repr=False)

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end."""
        return f"http://{_HOST}:{self.port}"

    @property
    def data_dir(self) -> Path:
        """The `pb_data` directory."""
        return self.folder / "pb_data"

    @property
    def public_dir(self) -> Path:
        """The directory of static files; it does not exist unless a test makes it."""
        return self.folder / "pb_public"

    @property
    def output(self) -> str:
        """All that the process wrote to stdout and stderr so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @cached_property
    def superuser_token(self) -> str:
        """Sign the superuser in, once per server, and return the token."""
        body = json.dumps({"identity": SUPERUSER_EMAIL, "password": SUPERUSER_PASSWORD})
        connection = self.connect()
        try:
            connection.request(
                "POST",
                "/api/collections/_superusers/auth-with-password",
                body,
                {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise ServerError(
                f"{self.name}: superuser sign-in gave {response.status} {answer!r}\n{self.output}"
            )
        token: str = json.loads(answer)["token"]
        return token

    def connect(self, timeout_s: float = _ANSWER_LIMIT_S) -> http.client.HTTPConnection:
        """Return an unopened keep-alive connection to the server."""
        return http.client.HTTPConnection(_HOST, self.port, timeout=timeout_s)

    def stop(self) -> int:
        """Send SIGTERM, wait for the end, return the exit code. Blocks."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise ServerError(
                f"{self.name}: still running {STOP_LIMIT_S} s after SIGTERM\n{self.output}"
            ) from error

    def kill(self) -> None:
        """Send SIGKILL to the process and its children; wait for the end."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_LIMIT_S)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is not None:
            return
        if error is None:
            self.stop()
        else:
            self.kill()


def start_pocketbase(folder: Path, *args: str) -> Server:
    """Start the real PocketBase on `folder/pb_data` and wait until it answers."""
    return _start("pocketbase", folder, ("--automigrate=false", "--hooksWatch=false", *args))


def start_pbpy(
    folder: Path,
    *args: str,
    server: ServerKind = "auto",
    password_hash: PasswordHash = "argon2id",
) -> Server:
    """Start pbpy on `folder/pb_data` and wait until all its workers answer."""
    hashing = ("--passwordHash", password_hash)
    return _start("pbpy", folder, ("--server", server, *args), hashing)


def find_command(name: str) -> Path | None:
    """Return the executable beside this interpreter, else in PATH, else None."""
    beside = Path(sys.executable).with_name(name)
    if beside.exists():
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def run_command(name: str, *args: str) -> str:
    """Run a command line of one of the servers; return its output, raise if it fails."""
    done = subprocess.run(
        [str(_get_command(name)), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=START_LIMIT_S,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        raise ServerError(f"{name} {' '.join(args)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def _get_command(name: str) -> Path:
    command = find_command(name)
    if command is None:
        raise ServerError(f"{name}: not found beside {sys.executable} nor in PATH")
    return command


def _start(
    name: str, folder: Path, serve_options: Sequence[str], options: Sequence[str] = ()
) -> Server:
    data_dir = folder / "pb_data"
    if not (data_dir / "data.db").exists():
        upsert = ("superuser", "upsert", SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
        run_command(name, *upsert, "--dir", str(data_dir), *options)
    port = _free_port()
    log_path = folder / f"{name}-{port}.log"
    address = ("--http", f"{_HOST}:{port}")
    place = ("--dir", str(data_dir), "--publicDir", str(folder / "pb_public"))
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [str(_get_command(name)), "serve", *address, *place, *options, *serve_options],
            cwd=folder,  # its migrations and hooks, not those of this checkout
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(name, port, folder, process, log_path)
    try:
        _wait_until_healthy(server)
    except BaseException:
        server.kill()
        raise
    return server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not (_has_started(server) and _answers_health(server)):
        try:
            code = server.process.wait(POLL_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
            raise ServerError(
                f"{server.name}: no answer in {START_LIMIT_S} s\n{server.output}"
            ) from None
        raise ServerError(f"{server.name}: ended with code {code}\n{server.output}")


def _has_started(server: Server) -> bool:
    """Tell whether the server says so; both do, ours when its last worker is ready."""
    return "Server started at" in server.output


def _answers_health(server: Server) -> bool:
    connection = server.connect(timeout_s=1.0)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

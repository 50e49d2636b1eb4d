"""The folder that workers share: its own, and what killed servers have left."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from pbpy.errors import ConfigError
from pbpy.serve.folder import shared_folder


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_is_private_and_goes_at_the_end() -> None:
    with shared_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "socket").touch()
    assert not folder.exists()


def test_those_of_killed_servers_go_and_those_of_others_stay(tmp_path: Path) -> None:
    foreign = tmp_path / "pbpy-notes"
    foreign.mkdir()
    (foreign / "text").touch()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        with shared_folder() as folder:
            os.write(writing, str(folder).encode())
            signal.pause()
    abandoned = Path(os.read(reading, 1000).decode())
    with shared_folder() as mine:
        assert abandoned.is_dir()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with shared_folder() as other:
            assert not abandoned.is_dir()
            assert mine.is_dir()
            assert other.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["pbpy-notes"]
    for descriptor in (reading, writing):
        os.close(descriptor)


def test_a_path_that_is_too_long_for_sockets_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (83, 84):  # `pbpy-` and 8 more characters come to it, then the names of sockets
        long = Path(str(tmp_path / "x").ljust(size, "x"))
        long.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(long))
        if size == 83:
            with shared_folder() as folder, socket.socket(socket.AF_UNIX) as longest:
                longest.bind(str(folder / "abcd.bell"))
        else:
            with pytest.raises(ConfigError, match="too long"), shared_folder():
                raise AssertionError
            assert list(long.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="no temporary directory"), shared_folder():
        raise AssertionError

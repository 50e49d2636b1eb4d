"""The command line in real processes (contract 13)."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 60
STAMP = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", re.MULTILINE)


def pbpy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pbpy", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--version"], ["-v"]])
def test_version(tmp_path: Path, arguments: list[str]) -> None:
    done = pbpy(tmp_path, *arguments)
    assert done.returncode == 0
    assert re.fullmatch(r"pbpy version \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize(
    "command",
    [[], ["serve"], ["superuser"], ["superuser", "create"], ["migrate"], ["migrate", "down"]],
)
def test_help_names_every_flag(tmp_path: Path, command: list[str]) -> None:
    done = pbpy(tmp_path, *command, "--help")
    assert done.returncode == 0
    flags = ["--dir", "--dev", "--queryTimeout", "--publicDir", "--indexFallback", "--passwordHash"]
    flags += ["--migrationsDir", "--hooksDir", "--automigrate"]
    if command == ["serve"]:
        flags += ["--http", "--origins", "--server", "--encryptionEnv"]
    assert [flag for flag in flags if flag not in done.stdout] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["superuser", "nope"],
        ["superuser", "create", "a@example.com", "1234567890", "more"],
        ["superuser", "ips", "--unknown"],
        ["--unknown", "superuser", "ips"],
        ["superuser", "create"],
        ["superuser", "create", "a@example.com"],
        ["superuser", "create", "not-an-address", "1234567890"],
        ["superuser", "update", "nobody@example.com", "1234567890"],
        ["superuser", "otp", "nobody@example.com"],
        ["serve", "--http", "nonsense"],
        ["serve", "--http", "127.0.0.1"],
        ["serve", "--http", "127.0.0.1:99999"],
        ["serve", "--server", "apache"],
        ["serve", "--queryTimeout", "-1"],
        ["serve", "--dev=maybe"],
    ],
    ids=" ".join,
)
def test_a_failed_command_says_why_and_ends_with_1(tmp_path: Path, arguments: list[str]) -> None:
    done = pbpy(tmp_path, *arguments)
    assert done.returncode == 1
    assert STAMP.search(done.stderr)
    assert "Traceback" not in done.stderr


def test_superusers_are_managed(tmp_path: Path) -> None:
    where = ("--dir", str(tmp_path / "pb_data"))

    def superuser(*arguments: str) -> tuple[int, str]:
        done = pbpy(tmp_path, "superuser", *arguments, *where)
        return done.returncode, done.stdout or done.stderr

    assert superuser("create", "a@example.com", "1234567890") == (
        0,
        'Successfully created new superuser "a@example.com"!\n',
    )
    code, output = superuser("create", "a@example.com", "1234567890")
    assert (code, "email" in output) == (1, True)
    code, output = superuser("create", "c@example.com", "short")
    assert (code, "password" in output) == (1, True)
    assert superuser("upsert", "b@example.com", "1234567890")[0] == 0
    assert superuser("upsert", "b@example.com", "0987654321")[0] == 0
    assert superuser("update", "b@example.com", "1234567890") == (
        0,
        'Successfully changed superuser "b@example.com" password!\n',
    )
    assert superuser("otp", "b@example.com")[0] == 1
    assert superuser("delete", "nobody@example.com")[0] == 0
    assert superuser("delete", "b@example.com")[0] == 0
    assert superuser("delete", "a@example.com")[0] == 1


def test_the_list_of_superuser_addresses_is_set_and_cleared(tmp_path: Path) -> None:
    def ips(*listed: str) -> tuple[int, str]:
        done = pbpy(tmp_path, "superuser", "ips", *listed)
        return done.returncode, done.stdout if done.returncode == 0 else done.stderr

    assert ips("127.0.0.1", "10.0.0.0/24") == (
        0,
        "Successfully updated SuperuserIPs setting:\n├─ 127.0.0.1\n└─ 10.0.0.0/24\n",
    )
    assert b'"superuserIPs":["127.0.0.1","10.0.0.0/24"]' in data(tmp_path)
    code, error = ips("127.0.0.1", "x")
    assert (code, "superuserIPs: (1: Invalid IP or CIDR subnet.)" in error) == (1, True)
    assert ips() == (0, "Successfully cleared SuperuserIPs setting!\n")


def data(folder: Path) -> bytes:
    """Return the bytes of the database, which has all changes once the last process has ended."""
    return (folder / "pb_data" / "data.db").read_bytes()


@pytest.mark.parametrize("group", [[], ["superuser"]], ids=["pbpy", "superuser"])
def test_a_group_of_commands_alone_shows_its_help(tmp_path: Path, group: list[str]) -> None:
    done = pbpy(tmp_path, *group)
    assert (done.returncode, done.stdout) == (0, pbpy(tmp_path, *group, "--help").stdout)


def test_a_wrong_command_is_told_what_it_takes(tmp_path: Path) -> None:
    done = pbpy(tmp_path, "superuser", "create", "a@example.com")
    usage, reason = done.stderr.splitlines()
    assert usage == "usage: pbpy superuser create EMAIL PASSWORD [FLAGS]"
    assert reason.endswith("the following arguments are required: PASSWORD")


def test_flags_before_the_command_and_behind_it(tmp_path: Path) -> None:
    upsert = ("superuser", "upsert", "a@example.com", "1234567890")
    done = pbpy(tmp_path, "--dir=elsewhere", "--dev", *upsert, "--indexFallback")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "data.db").exists()
    assert not (tmp_path / "pb_data").exists()


def test_the_environment_may_choose_the_password_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert = ("superuser", "upsert", "a@example.com", "1234567890")
    monkeypatch.setenv("PBPY_PASSWORD_HASH", "md5")
    assert pbpy(tmp_path, *upsert).returncode == 1
    monkeypatch.setenv("PBPY_PASSWORD_HASH", "bcrypt")
    assert pbpy(tmp_path, *upsert).returncode == 0
    assert b"$2a$" in (tmp_path / "pb_data" / "data.db").read_bytes()
    assert pbpy(tmp_path, *upsert, "--passwordHash", "argon2id").returncode == 0
    assert b"$argon2id$" in (tmp_path / "pb_data" / "data.db").read_bytes()

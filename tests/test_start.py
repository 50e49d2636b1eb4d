"""What a server does before it accepts requests: migrations, warnings, superuser, encryption."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.auth import superusers
from pbpy.config import Config
from pbpy.errors import ConfigError
from pbpy.schema.collection import SUPERUSERS, Collection
from pbpy.start import prepare
from tests.migrate.files import create, everything, write
from tests.servers import find_command, run_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pbpy.records.record import Record

KEY = "abcdefghijklmnopqrstuvwxyz123456"
PASSWORD = "correct horse"
LIMIT_S = 60


def start(folder: Path, *, key_name: str = "", setup: Callable[[App], None] | None = None) -> App:
    """Open, prepare and close an App; return it closed."""

    async def main() -> App:
        config = Config(
            data_dir=folder / "pb_data",
            migrations_dir=folder / "migrations",
            encryption_env=key_name,
        )
        app = App(config)
        if setup is not None:
            setup(app)
        async with app:
            await prepare(app)
        return app

    return asyncio.run(main())


def look(folder: Path) -> list[Record]:
    """Return all superusers."""

    async def main() -> list[Record]:
        async with App(Config(data_dir=folder / "pb_data")) as app:
            return await app.find_records(SUPERUSERS)

    return asyncio.run(main())


def messages(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [
        item.getMessage()
        for item in caplog.records
        if item.levelno >= level and item.name == "pbpy"
    ]


# the first superuser


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PB_ADMIN_EMAIL", "first@example.com")
    monkeypatch.setenv("PB_ADMIN_PASSWORD", PASSWORD)


@pytest.mark.usefixtures("admin")
def test_the_first_superuser_comes_from_the_environment_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(tmp_path)
    (made,) = look(tmp_path)
    assert made.get("email") == "first@example.com"
    monkeypatch.setenv("PB_ADMIN_PASSWORD", "another password")
    start(tmp_path)
    monkeypatch.setenv("PB_ADMIN_EMAIL", "second@example.com")
    start(tmp_path)
    (kept,) = look(tmp_path)
    assert (kept.id, kept.password_hash) == (made.id, made.password_hash)


@pytest.mark.usefixtures("admin")
def test_the_password_works(tmp_path: Path) -> None:
    start(tmp_path)
    (made,) = look(tmp_path)

    async def main() -> bool:
        async with App(Config(data_dir=tmp_path / "pb_data")) as app:
            return await app.verify_password(PASSWORD, made.password_hash)

    assert asyncio.run(main())


@pytest.mark.usefixtures("admin")
def test_the_superuser_of_the_installer_does_not_count(tmp_path: Path) -> None:
    async def main() -> None:
        async with App(Config(data_dir=tmp_path / "pb_data")) as app:
            await app.installer_token()

    asyncio.run(main())
    start(tmp_path)
    assert [item.get("email") for item in look(tmp_path)] == ["first@example.com"]


@pytest.mark.usefixtures("admin")
def test_an_existing_superuser_is_enough(tmp_path: Path) -> None:
    async def main() -> None:
        async with App(Config(data_dir=tmp_path / "pb_data")) as app:
            await superusers.create_superuser(app, "boss@example.com", "1234567890")

    asyncio.run(main())
    start(tmp_path)
    assert [item.get("email") for item in look(tmp_path)] == ["boss@example.com"]


@pytest.mark.parametrize(
    ("email", "password", "reason"),
    [
        ("first@example.com", "", "PB_ADMIN_PASSWORD is not set"),
        ("", PASSWORD, "PB_ADMIN_EMAIL is not set"),
        ("first at example", PASSWORD, "missing or invalid email address"),
        ("first@example.com", "sh0rt!!", "password: "),
    ],
)
def test_an_unusable_environment_is_logged_without_the_password(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    email: str,
    password: str,
    reason: str,
) -> None:
    monkeypatch.setenv("PB_ADMIN_EMAIL", email)
    monkeypatch.setenv("PB_ADMIN_PASSWORD", password)
    start(tmp_path)
    assert look(tmp_path) == []
    (message,) = messages(caplog)
    assert reason in message
    assert not password or password not in caplog.text


def test_an_empty_environment_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PB_ADMIN_EMAIL", raising=False)
    monkeypatch.delenv("PB_ADMIN_PASSWORD", raising=False)
    start(tmp_path)
    assert (look(tmp_path), messages(caplog)) == ([], [])


# migrations and required collections


def test_each_missing_collection_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "migrations", "1_queue.py", create("queue"))
    start(tmp_path, setup=lambda app: app.require_collections("queue", "logs", "api_keys"))
    first, second = messages(caplog)
    assert "collection logs is missing" in first
    assert "collection api_keys is missing" in second
    assert "pbpy migrate up" in first


@pytest.mark.usefixtures("admin")
def test_a_second_start_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("START_TEST_KEY", KEY)
    write(tmp_path / "migrations", "1_queue.py", create("queue"))

    def state() -> object:
        start(tmp_path, key_name="START_TEST_KEY")

        async def main() -> object:
            config = Config(data_dir=tmp_path / "pb_data", encryption_env="START_TEST_KEY")
            async with App(config) as app:
                return await everything(app)

        return asyncio.run(main())

    assert state() == state()


def test_a_server_without_a_folder_applies_nothing(tmp_path: Path) -> None:
    write(tmp_path / "migrations", "1_queue.py", create("queue"))

    async def main() -> Collection | None:
        async with App(Config(data_dir=tmp_path / "pb_data")) as app:
            await prepare(app)
            return app.find_collection("queue")

    assert asyncio.run(main()) is None


# encryption of the settings


def stored_settings(folder: Path) -> object:
    async def main() -> object:
        async with App(Config(data_dir=folder / "pb_data", encryption_env="START_TEST_KEY")) as app:
            (row,) = await app.query("SELECT value FROM _params WHERE id = 'settings'")
            return row["value"]

    return asyncio.run(main())


def test_settings_that_are_stored_plain_are_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(tmp_path)
    assert b"example.com" in stored_settings(tmp_path)  # type: ignore[operator]  # a blob
    monkeypatch.setenv("START_TEST_KEY", KEY)
    before = start(tmp_path).settings
    start(tmp_path, key_name="START_TEST_KEY")
    encrypted = stored_settings(tmp_path)
    assert isinstance(encrypted, str)
    assert "example" not in encrypted
    assert start(tmp_path, key_name="START_TEST_KEY").settings == before
    assert stored_settings(tmp_path) == encrypted


def pbpy(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pbpy", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


ADMIN = ("superuser", "upsert", "root@example.com", "1234567890")
SERVE = ("serve", "--http", "127.0.0.1:0")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("x" * 31, "PB_ENCRYPTION_KEY has 31 characters: it must have 32"),
        ("x" * 16, "PB_ENCRYPTION_KEY has 16 characters: it must have 32"),
        ("x" * 44, "32 bytes in base64 have 44"),
        (KEY[::-1], "the encryption key is not the one they were saved with"),
        ("", "the stored settings are encrypted and there is no key"),
    ],
)
def test_an_unusable_key_ends_the_start(tmp_path: Path, key: str, reason: str) -> None:
    assert pbpy(tmp_path, *ADMIN, PB_ENCRYPTION_KEY=KEY).returncode == 0
    done = pbpy(tmp_path, *SERVE, PB_ENCRYPTION_KEY=key)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert not key or key not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(find_command("pocketbase") is None, reason="the real PocketBase is missing")
def test_both_servers_open_what_the_other_has_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PB_ENCRYPTION_KEY", KEY)
    option = "--encryptionEnv=PB_ENCRYPTION_KEY"
    for first, second in (("pbpy", "pocketbase"), ("pocketbase", "pbpy")):
        place = ("--dir", str(tmp_path / first / "pb_data"), option)
        run_command(first, *ADMIN, *place)
        run_command(second, *ADMIN, *place)


# hook files


def test_a_wrong_hook_file_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "pb_hooks").mkdir()
    (tmp_path / "pb_hooks" / "queue.py").write_text("def register(app):\n    app.nonsense()\n")
    for arguments in (SERVE, ("migrate", "up")):
        done = pbpy(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "pb_hooks/queue.py, line 2: AttributeError: 'App' object has no" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "pb_data").exists()
    assert pbpy(tmp_path, *SERVE, "--hooksDir", "none", "--server", "no").returncode == 1


def test_migrations_run_with_the_hooks(tmp_path: Path) -> None:
    (tmp_path / "pb_hooks").mkdir()
    (tmp_path / "pb_hooks" / "guard.py").write_text(
        "def register(app):\n"
        "    @app.on_collection_create\n"
        "    def refuse(e):\n"
        "        raise ValueError('guarded ' + e.collection.name)\n"
    )
    write(tmp_path / "migrations", "1_queue.py", create("queue"))
    assert "ValueError: guarded queue" in pbpy(tmp_path, "migrate").stderr
    assert "ValueError: guarded queue" in pbpy(tmp_path, *SERVE).stderr


def test_config_error_is_what_open_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("START_TEST_KEY", "short")
    with pytest.raises(ConfigError, match="5 characters"):
        start(tmp_path, key_name="START_TEST_KEY")

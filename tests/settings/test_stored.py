"""The settings row, against rows that the real PocketBase writes and reads."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pbpy.config import Config
from pbpy.errors import ConfigError
from pbpy.migrate.system import initialise
from pbpy.settings.model import S3, Settings, Smtp, default_settings
from pbpy.settings.stored import find_settings, load_settings, save_settings
from pbpy.store.sql import Sql
from pbpy.store.store import Store
from tests.servers import find_command, run_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.store.access import Transaction
    from pbpy.store.sql import SqlValue

KEY = "abcdefghijklmnopqrstuvwxyz123456"
OTHER_KEY = KEY[::-1]
ENV = "PBPY_TEST_KEY"
ADMIN = ("superuser", "upsert", "root@example.com", "1234567890")

needs_pocketbase = pytest.mark.skipif(
    find_command("pocketbase") is None, reason="the real PocketBase is not installed"
)


def in_transaction(
    folder: Path, work: Callable[[Transaction, Config], Awaitable[None]], env: str = ""
) -> None:
    async def main() -> None:
        config = Config(data_dir=folder, encryption_env=env)
        store = await Store.open(config)
        try:
            await initialise(store, config)
            async with store.data.transaction() as tx:
                await work(tx, config)
        finally:
            await store.close()

    asyncio.run(main())


async def stored_value(tx: Transaction) -> SqlValue:
    return await tx.value(Sql("SELECT value FROM _params"))


def changed() -> Settings:
    return replace(
        default_settings(),
        smtp=Smtp(host="mail.example.com", port=25, password="secret 1"),
        s3=S3(secret="secret 2"),
        superuser_ips=("127.0.0.1", "10.0.0.0/8"),
    )


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    async def work(tx: Transaction, config: Config) -> None:
        assert await find_settings(tx, config) == default_settings()
        await save_settings(tx, config, changed())
        assert await find_settings(tx, config) == changed()
        assert isinstance(await stored_value(tx), bytes)

    in_transaction(tmp_path, work)


def test_saving_keeps_created(tmp_path: Path) -> None:
    async def work(tx: Transaction, config: Config) -> None:
        await tx.execute(Sql("UPDATE _params SET created = 'then', updated = 'then'"))
        await save_settings(tx, config, changed())
        assert await tx.value(Sql("SELECT created FROM _params")) == "then"
        assert await tx.value(Sql("SELECT updated FROM _params")) != "then"

    in_transaction(tmp_path, work)


def test_a_missing_row_has_the_defaults(tmp_path: Path) -> None:
    async def work(tx: Transaction, config: Config) -> None:
        await save_settings(tx, config, changed())
        assert await load_settings(tx, config) == changed()
        await tx.execute(Sql("DELETE FROM _params"))
        assert await find_settings(tx, config) is None
        assert await load_settings(tx, config) == default_settings()

    in_transaction(tmp_path, work)


def test_keys_that_an_older_row_lacks_have_their_defaults(tmp_path: Path) -> None:
    async def work(tx: Transaction, config: Config) -> None:
        old = json.dumps({"meta": {"appName": "Old"}, "unknown": {"x": 1}})
        await tx.execute(Sql("UPDATE _params SET value = ?", (old,)))
        settings = await find_settings(tx, config)
        expected = default_settings()
        assert settings == replace(expected, meta=replace(expected.meta, app_name="Old"))

    in_transaction(tmp_path, work)


@pytest.mark.parametrize("value", ['{"meta": 5}', "[]", '{"smtp": {"port": "x"}}'])
def test_damaged_settings_are_a_config_error(tmp_path: Path, value: str) -> None:
    async def work(tx: Transaction, config: Config) -> None:
        await tx.execute(Sql("UPDATE _params SET value = ?", (value,)))
        with pytest.raises(ConfigError, match="damaged"):
            await find_settings(tx, config)

    in_transaction(tmp_path, work)


def test_settings_are_encrypted_where_there_is_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV, KEY)

    async def work(tx: Transaction, config: Config) -> None:
        await save_settings(tx, config, changed())
        first = await stored_value(tx)
        assert isinstance(first, str)
        assert "secret" not in first
        await save_settings(tx, config, changed())
        assert await stored_value(tx) != first
        assert await find_settings(tx, config) == changed()

    in_transaction(tmp_path, work, ENV)


def test_plain_settings_load_although_there_is_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def save(tx: Transaction, config: Config) -> None:
        await save_settings(tx, config, changed())

    async def check(tx: Transaction, config: Config) -> None:
        assert await find_settings(tx, config) == changed()

    in_transaction(tmp_path, save)
    monkeypatch.setenv(ENV, KEY)
    in_transaction(tmp_path, check, ENV)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "there is no key"),
        (OTHER_KEY, "not the one they were saved with"),
        ("short", "has 5 characters: it must have 32"),
    ],
)
def test_a_missing_wrong_or_short_key_is_a_config_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, reason: str
) -> None:
    async def nothing(tx: Transaction, config: Config) -> None:
        pass

    monkeypatch.setenv(ENV, KEY)
    in_transaction(tmp_path, nothing, ENV)
    monkeypatch.setenv(ENV, key)
    with pytest.raises(ConfigError, match=reason):
        in_transaction(tmp_path, nothing, ENV)


@needs_pocketbase
def test_each_program_reads_what_the_other_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV, KEY)
    theirs = tmp_path / "theirs" / "pb_data"
    run_command("pocketbase", *ADMIN, "--dir", str(theirs), "--encryptionEnv", ENV)

    async def check(tx: Transaction, config: Config) -> None:
        assert isinstance(await stored_value(tx), str)
        assert await find_settings(tx, config) == default_settings()

    in_transaction(theirs, check, ENV)
    ours = tmp_path / "ours" / "pb_data"
    in_transaction(ours, check, ENV)
    run_command("pocketbase", *ADMIN, "--dir", str(ours), "--encryptionEnv", ENV)

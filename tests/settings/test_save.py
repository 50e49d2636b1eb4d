"""A change of the settings: all or nothing, seen at once, and nothing of others is lost."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import ValidationFailed
from pbpy.schema.collection import Collection
from pbpy.schema.save import save_collection
from pbpy.settings.model import S3, Backups, Meta, RateLimitRule, Settings, Smtp, default_settings
from pbpy.settings.save import rebased, set_superuser_ips, update_settings
from pbpy.settings.stored import load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pbpy.hooks.events import SettingsReloadEvent

LIMIT_S = 5

texts = st.sampled_from(["", "a", "b"])
settings_values = st.builds(
    Settings,
    superuser_ips=st.sampled_from([(), ("::1",)]),
    smtp=st.builds(Smtp, host=texts, password=texts),
    backups=st.builds(Backups, cron=texts, s3=st.builds(S3, secret=texts)),
    meta=st.builds(Meta, app_name=texts),
)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[App]:
    async with App(Config(data_dir=folder / "pb_data", password_hash="bcrypt")) as app:
        yield app


def named(settings: Settings, name: str) -> Settings:
    return replace(settings, meta=replace(settings.meta, app_name=name))


@given(settings_values, settings_values)
def test_what_nobody_else_changed_becomes_what_was_asked_for(
    changed: Settings, base: Settings
) -> None:
    assert rebased(changed, base, base) == changed
    assert rebased(base, base, changed) == changed


@given(settings_values, settings_values)
def test_changes_of_different_keys_both_stay(mine: Settings, base: Settings) -> None:
    mine = replace(mine, meta=base.meta, smtp=replace(mine.smtp, host=base.smtp.host))
    theirs = replace(base, meta=Meta(app_name="theirs"), smtp=replace(base.smtp, host="theirs"))
    both = rebased(mine, base, theirs)
    assert both == replace(mine, meta=theirs.meta, smtp=replace(mine.smtp, host="theirs"))


def test_the_reload_comes_once_after_the_commit(tmp_path: Path) -> None:
    seen: list[str] = []

    async def main() -> None:
        async with opened(tmp_path) as app:

            @app.on_settings_reload
            async def note(e: SettingsReloadEvent) -> None:
                seen.append(f"before {e.app.settings.meta.app_name}")
                await e.next()
                seen.append(f"after {e.app.settings.meta.app_name}")

            base = app.settings
            async with app.transaction() as tx_app:
                await update_settings(tx_app, base, named(base, "One"))
                await update_settings(tx_app, tx_app.settings, named(tx_app.settings, "Two"))
                assert tx_app.settings.meta.app_name == "Two"
                assert app.settings.meta.app_name == "Acme"
                assert seen == []
            assert app.settings.meta.app_name == "Two"
            assert await load_settings(app.db, app.config) == app.settings

    asyncio.run(main())
    assert seen == ["before Acme", "after Two"]


def test_a_rollback_undoes_the_change(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as app:
            base = app.settings
            with pytest.raises(KeyError):
                async with app.transaction() as tx_app:
                    await update_settings(tx_app, base, named(base, "Lost"))
                    raise KeyError
            async with app.transaction() as tx_app:
                with pytest.raises(KeyError):
                    async with tx_app.transaction():
                        await update_settings(tx_app, base, named(base, "Lost"))
                        raise KeyError
                assert tx_app.settings == base
            assert app.settings == base
            assert await load_settings(app.db, app.config) == base

    asyncio.run(main())


def test_refused_settings_are_not_written(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as app:
            with pytest.raises(ValidationFailed) as refused:
                await set_superuser_ips(app, ("127.0.0.1", "x"))
            assert refused.value.summary == "superuserIPs: (1: Invalid IP or CIDR subnet.)"
            assert app.settings == default_settings()
            assert await load_settings(app.db, app.config) == default_settings()

    asyncio.run(main())


def test_what_is_stored_encrypted_stays_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PBPY_TEST_KEY", "abcdefghijklmnopqrstuvwxyz123456")

    async def main() -> None:
        config = Config(data_dir=tmp_path / "pb_data", encryption_env="PBPY_TEST_KEY")
        async with App(config) as app:
            await update_settings(app, app.settings, named(app.settings, "Hidden"))
            stored = await app.query("SELECT value FROM _params WHERE id = 'settings'")
            assert "Hidden" not in str(stored)
            assert app.settings.meta.app_name == "Hidden"

    asyncio.run(main())


def test_concurrent_changes_of_different_keys_are_all_kept(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as app:
            base = app.settings
            changes = [
                named(base, "New"),
                replace(base, superuser_ips=("127.0.0.1",)),
                replace(base, smtp=replace(base.smtp, password="secret")),
                replace(base, smtp=replace(base.smtp, username="user")),
                replace(base, logs=replace(base.logs, max_days=7)),
            ]
            await asyncio.gather(*(update_settings(app, base, change) for change in changes))
            expected = replace(
                named(base, "New"),
                superuser_ips=("127.0.0.1",),
                smtp=replace(base.smtp, password="secret", username="user"),
                logs=replace(base.logs, max_days=7),
            )
            assert app.settings == expected
            assert await load_settings(app.db, app.config) == expected

    asyncio.run(main())


def test_another_process_follows(tmp_path: Path) -> None:
    """Two applications over one directory share nothing but its files, as two processes do."""

    async def main() -> None:
        async with opened(tmp_path) as one, opened(tmp_path) as other:
            reloaded = asyncio.Event()

            @other.on_settings_reload
            async def note(e: SettingsReloadEvent) -> None:
                await e.next()
                reloaded.set()

            limits = replace(one.settings.rate_limits, enabled=True)
            await update_settings(
                one, one.settings, replace(one.settings, rate_limits=limits, superuser_ips=("::1",))
            )
            async with asyncio.timeout(LIMIT_S):
                await reloaded.wait()
            assert other.settings == one.settings
            assert other.rate_limiter is not None
            # What the other process has not seen yet must survive its next change.
            base = named(other.settings, "Stale")
            await update_settings(one, base, named(base, "Fresh"))
            assert one.settings.superuser_ips == ("::1",)

    asyncio.run(main())


def test_a_reload_that_failed_is_tried_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one, opened(tmp_path) as other:
            reloaded = asyncio.Event()
            failures = [LookupError()]

            @other.on_settings_reload
            async def fail_once(e: SettingsReloadEvent) -> None:
                if failures:
                    raise failures.pop()
                await e.next()
                reloaded.set()

            await update_settings(one, one.settings, named(one.settings, "New"))
            async with asyncio.timeout(LIMIT_S):
                await reloaded.wait()
            assert other.settings == one.settings

    asyncio.run(main())


class Noted(App):
    """Tells when it has read all collections anew."""

    async def reload_catalog(self) -> None:
        await super().reload_catalog()
        if self.find_collection("posts") is not None:
            self.found.set()

    found = asyncio.Event()


def test_a_change_of_collections_does_not_reload_the_settings(tmp_path: Path) -> None:
    """Else every such change would let a client begin a new window."""

    async def main() -> None:
        config = Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt")
        async with Noted(config) as one, opened(tmp_path) as other:
            limits = replace(one.settings.rate_limits, enabled=True)
            await update_settings(one, one.settings, replace(one.settings, rate_limits=limits))
            limiter = one.rate_limiter
            await save_collection(other, Collection.new_base("posts"))
            async with asyncio.timeout(LIMIT_S):
                await one.found.wait()
            assert one.rate_limiter is limiter

    asyncio.run(main())


def limited(*labels: str) -> tuple[RateLimitRule, ...]:
    return tuple(RateLimitRule(label, duration=1, max_requests=1) for label in labels)


def test_labels_follow_a_renamed_collection(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as app:
            posts = await save_collection(app, Collection.new_base("posts"))
            rules = limited("posts:list", "postscript:list", "*:posts", "posts", "/posts")
            limits = replace(app.settings.rate_limits, rules=rules)
            await update_settings(app, app.settings, replace(app.settings, rate_limits=limits))
            await save_collection(app, posts.replace(name="articles"))
            found = [rule.label for rule in app.settings.rate_limits.rules]
            assert found == ["articles:list", "postscript:list", "*:posts", "posts", "/posts"]

    asyncio.run(main())


def test_a_name_whose_limits_exist_already_is_refused_as_a_whole(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as app:
            posts = await save_collection(app, Collection.new_base("posts"))
            limits = replace(app.settings.rate_limits, rules=limited("posts:list", "news:list"))
            await update_settings(app, app.settings, replace(app.settings, rate_limits=limits))
            with pytest.raises(ValidationFailed):
                await save_collection(app, posts.replace(name="news"))
            assert app.get_collection(posts.id).name == "posts"
            assert app.settings.rate_limits.rules == limits.rules
            assert await app.find_records("posts") == []

    asyncio.run(main())

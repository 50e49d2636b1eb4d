"""The application for plain functions."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import Busy, NotFound, ValidationFailed
from pbpy.migrations import Collection, Record, Text
from pbpy.store import transaction
from pbpy.sync_app import SyncApp, call_with_app
from tests.schema.apps import run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App


def test_what_is_awaited_on_an_app_is_an_ordinary_call(tmp_path: Path) -> None:
    found: dict[str, Any] = {}

    def work(app: SyncApp) -> None:
        found["thread"] = threading.current_thread()
        notes = app.save(Collection.new_base("notes", fields=[Text("title")]))
        for title in ("b", "a"):
            app.save(Record(notes, {"title": title}))
        found["titles"] = [item.get("title") for item in app.find_records("notes", sort="title")]
        found["changed"] = app.execute("UPDATE notes SET title = title || ?", ["!"])
        found["rows"] = app.query("SELECT title FROM notes WHERE title > {:t}", {"t": "b"})
        app.delete(app.find_first_record("notes", "title = 'a!'"))
        found["left"] = app.count_records("notes")

    async def scenario(app: App) -> None:
        async with app.transaction() as tx_app:
            await call_with_app(work, tx_app)
        assert app.find_collection("notes")

    run(tmp_path, scenario)
    assert found.pop("thread") is not threading.main_thread()
    assert found == {"titles": ["a", "b"], "changed": 2, "rows": [{"title": "b!"}], "left": 1}


def test_errors_come_as_they_are(tmp_path: Path) -> None:
    def missing(app: SyncApp) -> None:
        app.get_collection("nope")

    def invalid(app: SyncApp) -> None:
        app.save(Collection.new_base("a b"))

    async def scenario(app: App) -> None:
        with pytest.raises(NotFound):
            await call_with_app(missing, app)
        with pytest.raises(ValidationFailed):
            await call_with_app(invalid, app)

    run(tmp_path, scenario)


def test_the_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    release = threading.Event()

    def wait(_: SyncApp) -> None:
        assert release.wait(10)

    async def scenario(app: App) -> None:
        waiting = asyncio.create_task(call_with_app(wait, app))
        assert await app.count_records("users") == 0
        release.set()
        await waiting

    run(tmp_path, scenario)


def test_a_transaction_around_the_call_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "LOCK_TIMEOUT_S", 0.1)

    async def scenario(app: App) -> None:
        def work(_: SyncApp) -> None:
            outer.execute("DELETE FROM users")

        outer = SyncApp(app, asyncio.get_running_loop())
        async with app.transaction() as tx_app:
            with pytest.raises(Busy):
                await call_with_app(work, tx_app)

    run(tmp_path, scenario)


def test_a_plain_function_that_returns_a_coroutine_is_a_mistake(tmp_path: Path) -> None:
    async def work(app: Any) -> None:
        await app.count_records("users")

    async def scenario(app: App) -> None:
        with pytest.raises(TypeError, match="make it an `async def`"):
            await call_with_app(lambda sync_app: work(sync_app), app)

    run(tmp_path, scenario)


def test_a_caller_that_is_cancelled_leaves_the_thread_alone(tmp_path: Path) -> None:
    began, release, ended = threading.Event(), threading.Event(), threading.Event()

    def wait(_: SyncApp) -> None:
        began.set()
        release.wait(10)
        ended.set()

    async def scenario(app: App) -> None:
        waiting = asyncio.create_task(call_with_app(wait, app))
        await asyncio.to_thread(began.wait, 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        release.set()
        assert await asyncio.to_thread(ended.wait, 10)

    run(tmp_path, scenario)

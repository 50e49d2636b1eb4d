"""The settings endpoints: hooks, secrets, changes that take effect at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import BadRequest
from pbpy.settings.stored import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pbpy.app import App
    from pbpy.hooks.events import SettingsListRequestEvent, SettingsUpdateRequestEvent
    from tests.api.conftest import Server

SETTINGS = "/api/settings"
S3 = {
    "enabled": True,
    "bucket": "b",
    "region": "r",
    "endpoint": "http://127.0.0.1:1",
    "accessKey": "a",
    "secret": "hush",
}


def test_secrets_are_kept_and_never_shown(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    with serve(make_app()) as server:
        su = server.superuser()
        body: dict[str, Any] = {
            "smtp": {"password": "hush"},
            "s3": {"secret": "hush"},
            "backups": {"s3": {"secret": "hush"}},
        }
        answers = [
            server.send("PATCH", SETTINGS, json=body, headers=su),
            server.send("PATCH", SETTINGS, json={"smtp": {"username": "u"}}, headers=su),
            server.send("PATCH", SETTINGS, json={"s3": {"bucket": "b"}}, headers=su),
            server.send("GET", SETTINGS, headers=su),
            server.send("GET", SETTINGS + "?fields=smtp.*,s3.secret,backups.s3", headers=su),
        ]
        assert {answer.status_code for answer in answers} == {200}
        assert not any("hush" in answer.text or "password" in answer.text for answer in answers)
        stored = server.run(load_settings(server.app.db, server.app.config))
        assert stored.smtp.password == stored.s3.secret == stored.backups.s3.secret == "hush"
        assert stored.smtp.username == "u"
        cleared = {"smtp": {"password": ""}, "s3": None, "backups": {"s3": {"secret": ""}}}
        server.send("PATCH", SETTINGS, json=cleared, headers=su)
        stored = server.run(load_settings(server.app.db, server.app.config))
        assert (stored.smtp.password, stored.s3.secret, stored.backups.s3.secret) == ("", "", "")


def test_handlers_may_change_what_is_shown_and_saved(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()

    @app.on_settings_list_request
    async def rename(e: SettingsListRequestEvent) -> None:
        e.settings = replace(e.settings, meta=replace(e.settings.meta, app_name="Shown"))
        await e.next()

    @app.on_settings_update_request
    async def keep_logs(e: SettingsUpdateRequestEvent) -> None:
        assert e.info.body == {"logs": {"maxDays": 0}, "meta": {"appName": "New"}}
        assert e.old_settings.logs.max_days == 5
        e.new_settings = replace(e.new_settings, logs=e.old_settings.logs)
        await e.next()

    with serve(app) as server:
        su = server.superuser()
        assert server.send("GET", SETTINGS, headers=su).json()["meta"]["appName"] == "Shown"
        body = {"logs": {"maxDays": 0}, "meta": {"appName": "New"}}
        answer = server.send("PATCH", SETTINGS, json=body, headers=su).json()
        assert (answer["meta"]["appName"], answer["logs"]["maxDays"]) == ("New", 5)
        assert app.settings.meta.app_name == "New"


def test_a_handler_may_refuse_or_answer_by_itself(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]]
) -> None:
    app = make_app()

    @app.on_settings_list_request
    async def answer(e: SettingsListRequestEvent) -> None:
        e.response = {"own": True}

    @app.on_settings_update_request
    async def refuse(_: SettingsUpdateRequestEvent) -> None:
        raise BadRequest("Not today.")

    with serve(app) as server:
        su = server.superuser()
        assert server.send("GET", SETTINGS, headers=su).json() == {"own": True}
        before = app.settings
        body = {"meta": {"appName": "New"}}
        refused = server.send("PATCH", SETTINGS, json=body, headers=su)
        assert (refused.status_code, refused.json()["message"]) == (400, "Not today.")
        assert app.settings == before


def test_a_refused_change_changes_nothing(server: Server) -> None:
    su = server.superuser()
    before = server.send("GET", SETTINGS, headers=su).json()
    body = {"meta": {"appName": "New"}, "logs": {"maxDays": -1}}
    assert server.send("PATCH", SETTINGS, json=body, headers=su).status_code == 400
    assert server.send("GET", SETTINGS, headers=su).json() == before


def test_a_bad_fields_parameter_is_found_before_the_save(server: Server) -> None:
    su = server.superuser()
    before = server.send("GET", SETTINGS, headers=su).json()
    body = {"meta": {"appName": "New"}}
    answer = server.send("PATCH", SETTINGS + "?fields=x:nope()", json=body, headers=su)
    assert answer.status_code == 400
    assert server.send("GET", SETTINGS, headers=su).json() == before


def test_null_changes_nothing(server: Server) -> None:
    """PocketBase answers 500: it takes the settings away under its own hands."""
    su = server.superuser()
    before = server.send("GET", SETTINGS, headers=su).json()
    headers = {**su, "Content-Type": "application/json"}
    answer = server.send("PATCH", SETTINGS, content="null", headers=headers)
    assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.parametrize("name", ["storage", "backups"])
def test_a_bucket_cannot_be_used_yet(
    make_app: Callable[..., App], serve: Callable[[App], AbstractContextManager[Server]], name: str
) -> None:
    with serve(make_app()) as server:
        su = server.superuser()
        body = {"s3": S3} if name == "storage" else {"backups": {"s3": S3}}
        assert server.send("PATCH", SETTINGS, json=body, headers=su).status_code == 200
        tested = server.send("POST", SETTINGS + "/test/s3", json={"filesystem": name}, headers=su)
        assert tested.status_code == 400
        assert tested.json()["message"].startswith(
            "Failed to test the S3 filesystem. Raw error: \nfailed to initialize"
        )
        assert "hush" not in tested.text

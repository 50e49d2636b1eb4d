"""The flow inside one process: hooks, limits, one moment, what is logged."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.auth.oauth2 import flow, outgoing
from pbpy.auth.oauth2.openid import Apple
from pbpy.errors import BadRequest
from pbpy.realtime.client import Client
from pbpy.realtime.topic import parse_topic
from tests.auth.oauth2.apple import make_apple_code
from tests.auth.oauth2.scripted_provider import CLIENT_SECRET, make_code
from tests.auth.oauth2.site import PASSWORD, USERS, proven

if TYPE_CHECKING:
    import httpx

    from pbpy.hooks.auth_events import AuthWithOAuth2RequestEvent
    from tests.auth.oauth2.site import Site

REDIRECT = "/api/oauth2-redirect"


def test_a_handler_sees_who_comes(site: Site) -> None:
    seen: list[Any] = []

    @site.app.on_record_auth_with_oauth2_request.on("users")
    async def look(e: AuthWithOAuth2RequestEvent) -> None:
        seen.append((e.provider_name, e.oauth2_user.id, e.create_data, e.record, e.is_new_record))
        await e.next()
        assert e.record is not None
        seen.append((e.record.email, e.info.context))

    site.enter(sub="7", data={"name": "A"}, **proven("a@x.org"))
    assert seen == [("oidc", "7", {"name": "A"}, None, True), ("a@x.org", "oauth2")]


def test_a_handler_may_change_everything(site: Site) -> None:
    bea = site.add("bea@x.org", verified=True)["record"]["id"]

    @site.app.on_record_auth_with_oauth2_request
    async def change(e: AuthWithOAuth2RequestEvent) -> None:
        if e.oauth2_user.id == "bea":
            e.record = await e.app.find_record("users", bea)
            e.is_new_record = False
        else:
            e.oauth2_user.email = "changed@x.org"
            e.create_data["name"] = "Changed"
        await e.next()

    found, made = site.enter(sub="bea").json(), site.enter(sub="other").json()
    assert (found["record"]["id"], found["meta"]["isNew"]) == (bea, False)
    assert (made["record"]["email"], made["record"]["name"]) == ("changed@x.org", "Changed")
    assert made["record"]["verified"] is True


def test_a_handler_may_refuse_before_anything_is_written(site: Site) -> None:
    @site.app.on_record_auth_with_oauth2_request
    def refuse(e: AuthWithOAuth2RequestEvent) -> None:
        raise BadRequest("Not from there.")

    answer = site.enter(sub="1", **proven("a@x.org"))
    assert (answer.status_code, answer.json()["message"]) == (400, "Not from there.")
    assert site.records() == []


def test_a_chain_that_ends_early_is_an_error(site: Site) -> None:
    @site.app.on_record_auth_with_oauth2_request
    async def stop(e: AuthWithOAuth2RequestEvent) -> None:
        pass

    assert site.enter(sub="1", **proven("a@x.org")).status_code == 500


def test_the_create_hooks_see_an_ordinary_create(site: Site) -> None:
    seen: list[str] = []
    app = site.app

    @app.on_record_create_request
    async def request(e: Any) -> None:
        seen.append(f"request {e.info.context} {e.info.method}")
        e.record.set("name", "Hook")
        await e.next()

    app.on_record_create(lambda e: seen.append(f"create {e.record.collection.name}"))
    answer = site.enter(sub="1", **proven("a@x.org")).json()
    assert seen[:3] == ["request oauth2 POST", "create users", "create _externalAuths"]
    assert answer["record"]["name"] == "Hook"


def test_a_link_that_cannot_be_saved_leaves_no_record(site: Site) -> None:
    @site.app.on_record_create.on("_externalAuths")
    def refuse(e: Any) -> None:
        raise BadRequest("No links.")

    assert site.enter(sub="1", **proven("a@x.org")).status_code == 400
    assert site.records() == []


def test_the_auth_record_of_the_request_is_not_changed_by_a_refusal(site: Site) -> None:
    anna = site.add("anna@x.org")

    @site.app.on_record_create.on("_externalAuths")
    def refuse(e: Any) -> None:
        raise BadRequest("No links.")

    headers = {"Authorization": anna["token"]}
    assert site.enter(sub="1", headers=headers, **proven("anna@x.org")).status_code == 400
    assert site.refresh(anna["token"]).json()["record"]["verified"] is False


def test_one_user_in_sixteen_tabs_becomes_one_record(site: Site) -> None:
    code = make_code({"sub": "1", **proven("a@x.org")})

    async def all_at_once() -> list[httpx.Response]:
        client = site.server._client
        body = {"provider": "oidc", "code": code}
        path = USERS + "/auth-with-oauth2"
        return await asyncio.gather(*(client.post(path, json=body) for _ in range(16)))

    answers = site.server.run(all_at_once())
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert sum(answer.status_code == 200 for answer in answers) >= 1
    assert len(site.records()) == len(site.links()) == 1


def test_a_provider_that_does_not_answer_is_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "TIMEOUT_S", 0.2)
    answer = site.send(make_code(never=True))
    assert answer.status_code == 400
    assert answer.json()["message"] == "Failed to fetch OAuth2 token."


def test_a_provider_that_is_not_there_is_given_up(site: Site) -> None:
    site.configure(site.provider.settings(tokenURL="http://127.0.0.1:1/token"))
    assert site.send("x").json()["message"] == "Failed to fetch OAuth2 token."


def test_a_huge_answer_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_ANSWER_BYTES", 500)
    answer = site.enter(sub="1", name_of_many_letters="x" * 500)
    assert answer.json()["message"].startswith("Failed to fetch OAuth2")


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_no_secret_is_logged(site: Site, caplog: pytest.LogCaptureFixture, level: int) -> None:
    caplog.set_level(level)
    codes = [make_code({"sub": "1", **proven("a@x.org")}), make_code(token_status=400)]
    codes += [make_code({"sub": 1}), make_code({"sub": "1"}, user_status=500)]
    for code in codes:
        site.send(code, codeVerifier="the-verifier")
    for secret in (*codes, CLIENT_SECRET, "the-verifier"):
        assert secret not in caplog.text


def test_the_record_is_protected_and_linked_in_one_transaction(site: Site) -> None:
    anna = site.add("anna@x.org")
    seen: list[bool] = []

    @site.app.on_record_update_execute.on("users")
    async def look(e: Any) -> None:
        seen.append(e.app.in_transaction)
        await e.next()

    site.enter(sub="1", **proven("anna@x.org"))
    assert seen == [True]
    assert site.links() == [(anna["record"]["id"], "oidc", "1")]
    assert site.with_password("anna@x.org", PASSWORD).status_code == 400


def wait_for_redirect(site: Site, ip: str = "127.0.0.1") -> Client:
    client = Client(ip)
    broker = site.app.realtime.broker
    broker.register(client)
    broker.subscribe(client, [parse_topic("@oauth2")])
    return client


def test_the_redirect_reaches_the_client_once(site: Site) -> None:
    client = wait_for_redirect(site)
    paths = [f"{REDIRECT}?state={client.id}&code=c" for _ in range(2)]
    first, second = (site.server.send("GET", path) for path in paths)
    assert (first.status_code, second.status_code) == (307, 307)
    assert first.headers["location"].endswith("oauth2-redirect-success")
    assert second.headers["location"].endswith("oauth2-redirect-failure")
    (message,) = client.queue
    assert json.loads(message.data) == {"state": client.id, "code": "c"}


def test_a_redirect_with_an_error_is_told_and_fails(site: Site) -> None:
    client = wait_for_redirect(site)
    form = {"state": client.id, "error": "access_denied"}
    answer = site.server.send("POST", REDIRECT, data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("oauth2-redirect-failure")
    (message,) = client.queue
    assert json.loads(message.data)["error"] == "access_denied"


def test_a_redirect_from_elsewhere_is_not_told(site: Site) -> None:
    client = wait_for_redirect(site, ip="203.0.113.7")
    answer = site.server.send("GET", f"{REDIRECT}?state={client.id}&code=c")
    assert answer.headers["location"].endswith("oauth2-redirect-failure")
    assert not client.queue


def test_apples_name_waits_for_the_sign_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Apple, "JWKS_URL", site.provider.url + "/keys")
    site.configure(site.provider.settings("apple"), oauth2={"mappedFields": {"name": "name"}})
    code = make_apple_code(site.provider, **proven("ann@x.org"))
    user = json.dumps({"name": {"firstName": "Ann", "lastName": "Lee"}})
    client = wait_for_redirect(site)

    site.server.send("POST", REDIRECT, data={"state": client.id, "code": code, "user": user})
    answer = site.send(code, "apple").json()

    assert "Ann" not in str(client.queue[0].data)
    assert answer["meta"]["name"] == answer["record"]["name"] == "Ann Lee"

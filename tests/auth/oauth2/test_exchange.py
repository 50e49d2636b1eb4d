from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.auth.oauth2.exchange import OAuth2Token, exchange_code, read_token
from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.outgoing import Answer, open_outgoing
from tests.auth.oauth2.scripted_provider import CLIENT_ID, CLIENT_SECRET, make_code

if TYPE_CHECKING:
    from tests.auth.oauth2.scripted_provider import ScriptedProvider


def answer(value: Any, status: int = 200, kind: str = "application/json") -> Answer:
    body = value if isinstance(value, str) else json.dumps(value)
    return Answer(status, kind, body.encode())


def exchange(provider: ScriptedProvider, code: str) -> OAuth2Token:
    async def run() -> OAuth2Token:
        async with open_outgoing() as outgoing:
            form = {"grant_type": "authorization_code", "code": code}
            return await exchange_code(
                outgoing, provider.url + "/token", CLIENT_ID, CLIENT_SECRET, form
            )

    return asyncio.run(run())


def test_a_json_answer_is_read() -> None:
    token = read_token(answer({"access_token": "a", "refresh_token": "r", "expires_in": 60}))
    assert (token.access_token, token.refresh_token) == ("a", "r")
    left = datetime.fromisoformat(token.expiry) - datetime.now(UTC)
    assert timedelta(seconds=55) < left <= timedelta(seconds=60)


def test_a_form_answer_is_read() -> None:
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    token = read_token(answer("access_token=a&expires_in=60&scope=x", kind=kind))
    assert token.access_token == "a"
    assert token.expiry
    assert token.text("scope") == "x"


@pytest.mark.parametrize("seconds", [None, 0, "0", ""])
def test_a_token_may_live_for_ever(seconds: Any) -> None:
    assert read_token(answer({"access_token": "a", "expires_in": seconds})).expiry == ""


@pytest.mark.parametrize(
    ("kind", "authorization"),
    [(None, "Bearer a"), ("bearer", "Bearer a"), ("MAC", "MAC a"), ("token", "token a")],
)
def test_the_type_names_the_scheme(kind: str | None, authorization: str) -> None:
    token = read_token(answer({"access_token": "a", "token_type": kind}))
    assert token.authorization == authorization


@pytest.mark.parametrize(
    "refused",
    [
        answer({"access_token": "a"}, 400),
        answer({"access_token": "a"}, 302),
        answer({"access_token": "a", "error": "invalid_grant"}),
        answer({}),
        answer([]),
        answer("no json"),
        answer("", 200, "text/plain"),
        answer({"access_token": 1}),
        answer({"access_token": "a", "refresh_token": []}),
        answer({"access_token": "a", "expires_in": "soon"}),
        answer({"access_token": "a", "expires_in": {}}),
    ],
    ids=lambda value: f"{value.status} {value.body.decode()}",
)
def test_what_is_no_token_is_refused(refused: Answer) -> None:
    with pytest.raises(OAuth2Failure):
        read_token(refused)


def test_the_client_names_itself_in_the_header_first(provider: ScriptedProvider) -> None:
    provider.seen.clear()
    exchange(provider, make_code())
    (seen,) = provider.seen
    # RFC 6749 2.3.1: both are urlencoded before they are joined
    assert seen.headers["authorization"] == "Basic dGhlLWNsaWVudDp0aGUrc2VjcmV0JTJGb2YlMkJpdA=="
    assert "client_id" not in seen.form


def test_and_in_the_form_where_that_is_refused(provider: ScriptedProvider) -> None:
    provider.seen.clear()
    assert exchange(provider, make_code(style="form")).access_token
    _, seen = provider.seen
    assert "authorization" not in seen.headers
    assert (seen.form["client_id"], seen.form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)


def test_tokens_and_failures_keep_secrets_to_themselves(provider: ScriptedProvider) -> None:
    code = make_code(token_status=400)
    with pytest.raises(OAuth2Failure) as caught:
        exchange(provider, code)
    assert code not in str(caught.value)
    assert CLIENT_SECRET not in str(caught.value)
    assert "secret-token" not in repr(OAuth2Token("secret-token", extra={"a": "secret-token"}))

"""Tokens: their form, and that nothing but the right keys makes one."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.app import App
from pbpy.auth.superusers import create_superuser, find_superuser
from pbpy.auth.tokens import (
    Tokens,
    issue_auth_token,
    issue_static_auth_token,
    issue_token,
    read_claims,
)
from pbpy.config import Config
from pbpy.errors import TokenError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pbpy.records.record import Record


@pytest.fixture
def with_superuser(tmp_path: Path) -> Callable[[Any], None]:
    """Return a function that runs a scenario with an app and its superuser."""

    def run(scenario: Callable[[App, Record], Awaitable[None]]) -> None:
        async def main() -> None:
            async with App(Config(data_dir=tmp_path / "pb_data")) as app:
                await create_superuser(app, "root@example.com", "1234567890")
                superuser = await find_superuser(app, "root@example.com")
                assert superuser is not None
                await scenario(app, superuser)

        asyncio.run(main())

    return run


def key_of(record: Record) -> str:
    assert record.collection.auth is not None
    return record.token_key + record.collection.auth.auth_token.secret


def test_a_token_is_what_pyjwt_would_make(with_superuser: Callable[[Any], None]) -> None:
    async def scenario(_: App, superuser: Record) -> None:
        token = issue_auth_token(superuser)
        header, claims = (
            base64.urlsafe_b64decode(part + "==").decode() for part in token.split(".")[:2]
        )
        assert header == '{"alg":"HS256","typ":"JWT"}'
        assert claims.startswith('{"collectionId":"pbc_3142635823","exp":')
        decoded = jwt.decode(token, key_of(superuser), algorithms=["HS256"])
        assert list(decoded) == ["collectionId", "exp", "id", "refreshable", "type"]
        again = jwt.encode(decoded, key_of(superuser), algorithm="HS256", sort_headers=True)
        assert again == token
        assert decoded["exp"] - time.time() == pytest.approx(86400, abs=5)

    with_superuser(scenario)


def test_a_static_token_lives_as_long_as_asked(with_superuser: Callable[[Any], None]) -> None:
    async def scenario(app: App, superuser: Record) -> None:
        token = issue_static_auth_token(superuser, 60)
        claims = read_claims(token)
        assert claims["refreshable"] is False
        assert claims["exp"] - time.time() == pytest.approx(60, abs=5)
        assert await app.authenticate(token)

    with_superuser(scenario)


def test_what_proves_nothing_is_a_guest(with_superuser: Callable[[Any], None]) -> None:
    async def scenario(app: App, superuser: Record) -> None:
        good = issue_auth_token(superuser)
        key = key_of(superuser)
        claims = dict(read_claims(good))
        bad = [
            "",
            "x",
            "a.b.c",
            good + "x",
            good[:-2],
            issue_token(superuser, "file"),
            jwt.encode(claims, key + "x", algorithm="HS256"),
            jwt.encode(claims, key, algorithm="HS384"),
            jwt.encode(claims, "", algorithm="none"),
            jwt.encode({**claims, "exp": int(time.time()) - 1}, key, algorithm="HS256"),
            jwt.encode({**claims, "id": "nobody"}, key, algorithm="HS256"),
            jwt.encode({**claims, "collectionId": "nothing"}, key, algorithm="HS256"),
            jwt.encode({**claims, "type": "other"}, key, algorithm="HS256"),
        ]
        assert await app.authenticate(good)
        for token in bad:
            assert await app.authenticate(token) is None, token

    with_superuser(scenario)


def test_a_changed_key_ends_tokens_that_were_verified(
    with_superuser: Callable[[Any], None],
) -> None:
    async def scenario(app: App, superuser: Record) -> None:
        token = issue_auth_token(superuser)
        assert await app.authenticate(token)
        superuser.refresh_token_key()
        await app.save(superuser)
        assert await app.authenticate(token) is None

    with_superuser(scenario)


def test_a_verified_token_still_expires(
    with_superuser: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(app: App, superuser: Record) -> None:
        token = issue_static_auth_token(superuser, 60)
        tokens = Tokens()
        assert await tokens.find_record(app, token, "auth")
        later = time.time() + 61
        monkeypatch.setattr("pbpy.auth.tokens.time.time", lambda: later)
        assert await tokens.find_record(app, token, "auth") is None

    with_superuser(scenario)


@pytest.mark.parametrize("token", ["." * 1_000_000, "a" * 10_000, "..", "a.b", "é.é.é"])
def test_sec_06_malformed_tokens_are_refused_before_they_are_parsed(token: str) -> None:
    with pytest.raises(TokenError):
        read_claims(token)


@given(st.text())
def test_any_text_is_claims_or_a_token_error(text: str) -> None:
    with pytest.raises(TokenError):
        read_claims(text)

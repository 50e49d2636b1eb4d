"""What the differential tests cannot reach: providers with fixed addresses, id_token options."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.openid import Apple
from pbpy.auth.oauth2.outgoing import open_outgoing
from pbpy.auth.oauth2.presets import make_provider
from pbpy.auth.oauth2.services import Gitee
from pbpy.schema.auth_options import OAuth2Provider
from tests.auth.oauth2.scripted_provider import CLIENT_ID, CLIENT_SECRET, make_code

if TYPE_CHECKING:
    from pbpy.auth.oauth2.user import OAuth2User
    from tests.auth.oauth2.scripted_provider import ScriptedProvider

KEY = Ed25519PrivateKey.generate()
FAR = 4_102_444_800


def read(
    provider: ScriptedProvider,
    name: str,
    user: dict[str, Any],
    extra: dict[str, Any] | None = None,
    **script: Any,
) -> OAuth2User:
    """Return the user that a provider of this name gives for a code."""
    base = provider.url
    made = make_provider(
        OAuth2Provider(
            name=name,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            token_url=base + "/token",
            user_info_url="" if name == "apple" else base + "/user",
            extra=extra or {},
        )
    )
    assert made is not None

    async def run() -> OAuth2User:
        async with open_outgoing() as outgoing:
            code = make_code(user, **script)
            token = await made.fetch_token(outgoing, code, "", "")
            return await made.fetch_user(outgoing, token)

    return asyncio.run(run())


def id_token(**claims: Any) -> dict[str, str]:
    body = {"sub": "1", "aud": CLIENT_ID, "exp": FAR, **claims}
    return {"id_token": jwt.encode(body, KEY, "EdDSA", headers={"kid": "k"})}


@pytest.fixture
def apple(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> ScriptedProvider:
    """The provider, as the owner of Apple's keys."""
    public = OKPAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    provider.keys[:] = [{**public, "kid": "k", "alg": "EdDSA"}]
    monkeypatch.setattr(Apple, "JWKS_URL", provider.url + "/keys")
    return provider


@pytest.mark.parametrize(
    ("flag", "email"), [(True, "a@x.org"), ("true", "a@x.org"), ("false", ""), (None, "")]
)
def test_apple_describes_the_user_in_the_id_token(
    apple: ScriptedProvider, flag: Any, email: str
) -> None:
    token = id_token(iss=Apple.ISSUER, email="a@x.org", email_verified=flag)
    user = read(apple, "apple", {}, token=token)
    assert (user.id, user.email, user.raw_user["iss"]) == ("1", email, Apple.ISSUER)


@pytest.mark.parametrize(
    "claims",
    [{}, {"iss": "https://x"}, {"iss": Apple.ISSUER, "aud": "x"}, {"iss": Apple.ISSUER, "exp": 1}],
)
def test_apple_tokens_of_others_are_refused(
    apple: ScriptedProvider, claims: dict[str, Any]
) -> None:
    with pytest.raises(OAuth2Failure):
        read(apple, "apple", {}, token=id_token(**claims))


def test_apple_tokens_need_apples_signature(apple: ScriptedProvider) -> None:
    apple.keys[0]["kid"] = "other"
    with pytest.raises(OAuth2Failure, match="not published"):
        read(apple, "apple", {}, token=id_token(iss=Apple.ISSUER))


CONFIRMED = {"email": "b@x.org", "state": "confirmed", "scope": ["primary"]}


@pytest.mark.parametrize(
    ("shown", "script", "email"),
    [
        ("a@x.org", {}, "a@x.org"),
        ("", {"emails": [CONFIRMED]}, "b@x.org"),
        ("not shown", {"emails": [CONFIRMED]}, "b@x.org"),
        ("", {"emails": [{**CONFIRMED, "state": "unconfirmed"}]}, ""),
        ("", {"emails": [{**CONFIRMED, "scope": ["committed"]}]}, ""),
        ("", {"emails": [{**CONFIRMED, "email": "x"}]}, ""),
        ("", {"emails": {"email": "b@x.org"}}, ""),
        ("", {"emails_status": 403}, ""),
    ],
)
def test_gitee_asks_where_the_profile_shows_no_email(
    provider: ScriptedProvider,
    monkeypatch: pytest.MonkeyPatch,
    shown: str,
    script: dict[str, Any],
    email: str,
) -> None:
    monkeypatch.setattr(Gitee, "EMAILS_URL", provider.url + "/user/emails")
    assert read(provider, "gitee", {"id": 1, "email": shown}, **script).email == email


@pytest.mark.parametrize(
    ("option", "claims", "email"),
    [
        ("", {"email": "claim@x.org"}, "mail@x.org"),
        ("email", {"email": "claim@x.org"}, "claim@x.org"),
        ("email", {"email": ["claim@x.org"]}, ""),
        ("email_and_xms_edov", {"email": "claim@x.org"}, ""),
        ("email_and_xms_edov", {"email": "claim@x.org", "xms_edov": False}, ""),
        ("email_and_xms_edov", {"email": "claim@x.org", "xms_edov": "1"}, "claim@x.org"),
        ("verified_primary_email", {"email": "claim@x.org"}, ""),
        ("verified_primary_email", {"verified_primary_email": "p@x.org"}, "p@x.org"),
        ("any_verified", {"verified_primary_email": "p@x.org"}, "p@x.org"),
        ("any_verified", {"email": "claim@x.org", "xms_edov": True}, "claim@x.org"),
        ("any_verified", {"email": "claim@x.org"}, ""),
        ("any_verified", {"verified_primary_email": "p@x.org", "exp": 1}, ""),
    ],
)
def test_microsoft_takes_the_email_that_the_option_vouches_for(
    provider: ScriptedProvider, option: str, claims: dict[str, Any], email: str
) -> None:
    user = {"id": "1", "mail": "mail@x.org", "displayName": "M"}
    extra = {"idTokenEmailClaim": option}
    assert read(provider, "microsoft", user, extra, token=id_token(**claims)).email == email
    assert read(provider, "microsoft", user, extra).email == ("" if option else "mail@x.org")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("github", {"id": None}),
        ("github", {"id": 0}),
        ("github", {"id": True}),
        ("vk", {"response": [{}]}),
        ("kakao", {"id": 1, "properties": "x"}),
        ("google", {"sub": "1", "name": 5}),
        ("google", {"sub": "1", "email_verified": "yes"}),
        ("mailcow", {"id": "1", "active": True}),
        ("linear", {"data": {"viewer": {"id": "1", "active": "true"}}}),
        ("patreon", {"data": []}),
    ],
)
def test_users_of_another_shape_are_refused(
    provider: ScriptedProvider, name: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(OAuth2Failure):
        read(provider, name, wrong)

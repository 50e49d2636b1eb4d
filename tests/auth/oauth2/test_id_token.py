from __future__ import annotations

import asyncio
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.id_token import DEFAULT_LEEWAY_S, read_claims, verify_signature
from pbpy.auth.oauth2.outgoing import open_outgoing

if TYPE_CHECKING:
    from tests.auth.oauth2.scripted_provider import ScriptedProvider

RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()

KEYS: dict[str, tuple[Any, str, Any]] = {
    "RS256": (RSA, "RS256", RSAAlgorithm),
    "PS512": (RSA, "PS512", RSAAlgorithm),
    "ES256": (P256, "ES256", ECAlgorithm),
    "ES384": (P384, "ES384", ECAlgorithm),
    "EdDSA": (ED, "EdDSA", OKPAlgorithm),
}


def published(name: str, **changes: Any) -> dict[str, Any]:
    """Return a public key as providers publish it."""
    key, algorithm, kind = KEYS[name]
    public = kind.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": name, "alg": algorithm, **changes}


def signed(name: str, key: Any = None, algorithm: str = "", **claims: Any) -> str:
    own, own_algorithm, _ = KEYS[name]
    body = {"sub": "1", **claims}
    return jwt.encode(body, key or own, algorithm or own_algorithm, headers={"kid": name})


def forge(algorithm: str, secret: bytes) -> str:
    """Return a token as PyJWT refuses to make it: keyed with whatever an attacker knows."""
    parts = ({"alg": algorithm, "kid": "RS256"}, {"sub": "1"})
    text = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in parts)
    digest = hmac.digest(secret, text.encode(), "sha256") if secret else b""
    return f"{text}.{base64url_encode(digest).decode()}"


def verify(provider: ScriptedProvider, token: str, *keys: dict[str, Any]) -> None:
    provider.keys[:] = keys

    async def run() -> None:
        async with open_outgoing() as outgoing:
            await verify_signature(outgoing, token, provider.url + "/keys")

    asyncio.run(run())


@pytest.mark.parametrize("name", KEYS)
def test_every_public_key_algorithm_is_verified(provider: ScriptedProvider, name: str) -> None:
    others = [published(other) for other in KEYS if other != name]
    verify(provider, signed(name), *others, published(name))
    with pytest.raises(OAuth2Failure, match="not published"):
        verify(provider, signed(name), *others)


@pytest.mark.parametrize("name", ["RS256", "ES256", "EdDSA"])
def test_the_algorithm_of_a_key_may_be_left_to_its_type(
    provider: ScriptedProvider, name: str
) -> None:
    key = published(name)
    del key["alg"]
    verify(provider, signed(name), key)


def test_another_key_of_the_same_kid_does_not_verify(provider: ScriptedProvider) -> None:
    token = signed("EdDSA", ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(OAuth2Failure, match="InvalidSignature"):
        verify(provider, token, published("EdDSA"))


def test_the_public_key_is_no_shared_secret(provider: ScriptedProvider) -> None:
    public = RSA.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    token = forge("HS256", public)
    for key in (published("RS256"), published("RS256", alg="HS256")):
        with pytest.raises(OAuth2Failure):
            verify(provider, token, key)


def test_shared_secrets_and_no_signature_are_refused(provider: ScriptedProvider) -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ", "kid": "RS256"}
    token = forge("HS256", b"secret-secret-secret-secret!")
    with pytest.raises(OAuth2Failure, match="HS256"):
        verify(provider, token, {**secret, "alg": "HS256"})
    with pytest.raises(OAuth2Failure):
        verify(provider, forge("none", b""), published("RS256"))


def test_the_algorithm_must_be_the_one_of_the_key(provider: ScriptedProvider) -> None:
    with pytest.raises(OAuth2Failure, match="InvalidAlgorithm"):
        verify(provider, signed("RS256", algorithm="PS256"), published("RS256"))


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "." * 100_000, jwt.encode({}, ED, "EdDSA")])
def test_what_names_no_key_is_refused(provider: ScriptedProvider, token: str) -> None:
    with pytest.raises(OAuth2Failure):
        verify(provider, token, published("EdDSA"))


@given(st.data())
def test_any_other_text_is_refused(provider: ScriptedProvider, data: st.DataObject) -> None:
    token = signed("EdDSA", email="a@example.com")
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("aZ0-_."))
    changed = token[:place] + letter + token[place + 1 :]
    # The last letter of base64url has bits that mean nothing.
    if (
        changed != token
        and place != len(token) - 1
        and token[place + 1 : place + 2] not in {".", ""}
    ):
        with pytest.raises(OAuth2Failure):
            verify(provider, changed, published("EdDSA"))


def claims_of(**claims: Any) -> str:
    return jwt.encode({"aud": "us", **claims}, ED, "EdDSA")


def test_times_may_be_off_by_the_leeway(monkeypatch: pytest.MonkeyPatch) -> None:
    now, inside, outside = time.time(), DEFAULT_LEEWAY_S - 20, DEFAULT_LEEWAY_S + 20
    assert read_claims(claims_of(exp=now - inside, iat=now + inside, nbf=now + inside))
    for wrong in ({"exp": now - outside}, {"iat": now + outside}, {"nbf": now + outside}):
        with pytest.raises(OAuth2Failure):
            read_claims(claims_of(**wrong))
    monkeypatch.setenv("PB_ID_TOKEN_LEEWAY", "0")
    with pytest.raises(OAuth2Failure):
        read_claims(claims_of(exp=now - 20))


def test_audience_issuer_and_expiry_are_asked_for() -> None:
    later = time.time() + 100
    assert read_claims(claims_of(), audience="us")
    assert read_claims(claims_of(aud=["them", "us"]), audience="us")
    assert read_claims(claims_of(iss="i"), issuers=["h", "i"])
    assert read_claims(claims_of(exp=later), requires_expiry=True)
    for token, asked in (
        (claims_of(aud="them"), {"audience": "us"}),
        (jwt.encode({}, ED, "EdDSA"), {"audience": "us"}),
        (claims_of(iss="j"), {"issuers": ["i"]}),
        (claims_of(), {"issuers": ["i"]}),
        (claims_of(), {"requires_expiry": True}),
        ("", {}),
    ):
        with pytest.raises(OAuth2Failure):
            read_claims(token, **asked)

"""The client secret of "Sign in with Apple" is a token that Apple can verify."""

from __future__ import annotations

from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pbpy.errors import ValidationFailed
from pbpy.settings.apple import APPLE, AppleClient, InvalidKey, generate_client_secret

KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


CLIENT = AppleClient(
    client_id="app.example",
    team_id="TEAM123456",
    key_id="KEY1234567",
    private_key=pem(KEY),
    duration=60,
)


def test_the_secret_verifies_with_the_public_key() -> None:
    secret = generate_client_secret(CLIENT)
    claims = jwt.decode(secret, KEY.public_key(), algorithms=["ES256"], audience=APPLE)
    assert claims["iss"] == "TEAM123456"
    assert claims["sub"] == "app.example"
    assert claims["exp"] - claims["iat"] == 60
    assert jwt.get_unverified_header(secret) == {
        "alg": "ES256",
        "kid": "KEY1234567",
        "typ": "JWT",
    }


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), "text", "ed25519"])
def test_other_keys_are_refused(key: ec.EllipticCurvePrivateKey | str) -> None:
    if key == "ed25519":
        text = pem(ed25519.Ed25519PrivateKey.generate())
    elif isinstance(key, str):
        text = f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"
    else:
        text = pem(key)
    with pytest.raises(InvalidKey) as refused:
        generate_client_secret(replace(CLIENT, private_key=text))
    assert text not in str(refused.value)


def test_values_are_checked_before_the_key() -> None:
    with pytest.raises(ValidationFailed) as refused:
        generate_client_secret(AppleClient("", "1", "", "key", 0))
    assert sorted(refused.value.errors) == ["clientId", "duration", "keyId", "privateKey", "teamId"]

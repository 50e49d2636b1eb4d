"""Codes that Apple could have given: the user is described in a signed token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from pbpy.auth.oauth2.openid import Apple
from tests.auth.oauth2.scripted_provider import CLIENT_ID, make_code

if TYPE_CHECKING:
    from tests.auth.oauth2.scripted_provider import ScriptedProvider

_KEY = Ed25519PrivateKey.generate()
_FAR = 4_102_444_800


def make_apple_code(provider: ScriptedProvider, **claims: Any) -> str:
    """Return a code whose token the provider's `/keys` prove."""
    public = OKPAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
    provider.keys[:] = [{**public, "kid": "k", "alg": "EdDSA"}]
    body = {"iss": Apple.ISSUER, "sub": "1", "aud": CLIENT_ID, "exp": _FAR, **claims}
    return make_code(token={"id_token": jwt.encode(body, _KEY, "EdDSA", headers={"kid": "k"})})

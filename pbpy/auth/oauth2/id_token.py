"""OpenID Connect id_tokens: claims, and the signature against the provider's published keys.

An id_token comes straight from the token endpoint over TLS, so OpenID Connect Core 3.1.3.7
lets its signature go unchecked; it is checked wherever the keys are known.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import jwt

from pbpy.auth.oauth2.failure import OAuth2Failure

if TYPE_CHECKING:
    from collections.abc import Collection

    from pbpy.auth.oauth2.outgoing import Outgoing
    from pbpy.errors import JsonValue

DEFAULT_LEEWAY_S: Final = 300
LEEWAY_VARIABLE: Final = "PB_ID_TOKEN_LEEWAY"

# Signatures with a public key. What an attacker could make with it (HS256) or without any
# key (none) is not among them.
ALGORITHMS: Final = frozenset(
    f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)
) | {"EdDSA"}


def leeway_s() -> int:
    """Return by how many seconds a provider's clock may differ from ours."""
    text = os.environ.get(LEEWAY_VARIABLE, "").removeprefix("-")
    return int(text) if text.isdecimal() else DEFAULT_LEEWAY_S


def read_claims(
    id_token: str,
    *,
    audience: str = "",
    issuers: Collection[str] = (),
    requires_expiry: bool = False,
) -> dict[str, JsonValue]:
    """Return the claims of an id_token, whose times and, where given, parties are right.

    Raises:
        OAuth2Failure: they are not, or it is no JWT.
    """
    if not id_token:
        raise OAuth2Failure("the token answer has no id_token")
    try:
        claims: dict[str, JsonValue] = jwt.decode(
            id_token,
            options={
                "verify_signature": False,
                "verify_exp": True,
                "verify_nbf": True,
                "verify_iat": True,
                "verify_aud": bool(audience),
                "require": ["exp"] if requires_expiry else [],
            },
            audience=audience or None,
            leeway=leeway_s(),
        )
    except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
        raise OAuth2Failure(f"the id_token is refused: {type(error).__name__}") from error
    if issuers and claims.get("iss") not in issuers:
        raise OAuth2Failure("the id_token is of another issuer")
    return claims


async def verify_signature(outgoing: Outgoing, id_token: str, jwks_url: str) -> None:
    """Return when the key that the token names, one of those at jwks_url, has signed it.

    Raises:
        OAuth2Failure: it has not, or there is no such key.
    """
    try:
        key_id = jwt.get_unverified_header(id_token).get("kid")
    except jwt.InvalidTokenError as error:
        raise OAuth2Failure("the id_token is no JWT") from error
    if not key_id or not isinstance(key_id, str):
        raise OAuth2Failure("the id_token names no key")
    answer = await outgoing.get(jwks_url, {})
    if answer.is_refusal:
        raise OAuth2Failure(f"the keys were refused with status {answer.status}")
    key = _find_key(answer.json(), key_id)
    if key.algorithm_name not in ALGORITHMS:
        raise OAuth2Failure(f"keys for {key.algorithm_name} cannot be used")
    try:
        jwt.decode(
            id_token,
            key,
            algorithms=[key.algorithm_name],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
            leeway=leeway_s(),
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise OAuth2Failure(f"the id_token is refused: {type(error).__name__}") from error


def _find_key(key_set: JsonValue, key_id: str) -> jwt.PyJWK:
    keys = key_set.get("keys") if isinstance(key_set, dict) else None
    for item in keys if isinstance(keys, list) else ():
        if isinstance(item, dict) and item.get("kid") == key_id:
            try:
                return jwt.PyJWK(item)
            except (jwt.PyJWTError, ValueError, TypeError) as error:
                raise OAuth2Failure("the key of the id_token cannot be used") from error
    raise OAuth2Failure("the key of the id_token is not published")

"""Record tokens: JWTs signed with the record's tokenKey and its collection's secret.

Contract 8.1. Changing either key ends all tokens that were signed with it. Tokens issued by
PocketBase for the same data directory verify here, and the reverse.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import jwt
import orjson
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_encode

from pbpy.errors import TokenError
from pbpy.records.find import find_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.context import Context
    from pbpy.records.record import Record
    from pbpy.schema.auth_options import AuthOptions, TokenConfig

TokenType: TypeAlias = Literal["auth", "file", "verification", "passwordReset", "emailChange"]

# Longer than any token of ours; a token of many dots or megabytes is refused before it is
# parsed (SEC-06).
_MAX_TOKEN_CHARS: Final = 8_192
_MAX_VERIFIED: Final = 10_000
_MAX_REMEMBERED_CLAIMS: Final = 1_000

_HS256: Final = HMACAlgorithm(HMACAlgorithm.SHA256)
_HEADER: Final = base64url_encode(b'{"alg":"HS256","typ":"JWT"}')


def token_config(options: AuthOptions, kind: TokenType) -> TokenConfig:
    """Return secret and duration of one kind of token."""
    match kind:
        case "auth":
            return options.auth_token
        case "file":
            return options.file_token
        case "verification":
            return options.verification_token
        case "passwordReset":
            return options.password_reset_token
        case "emailChange":
            return options.email_change_token


def issue_token(
    record: Record, kind: TokenType, *, duration_s: int = 0, **claims: str | bool
) -> str:
    """Return a signed token of record; duration 0 takes the collection's.

    Raises:
        TokenError: the record cannot sign in, or has no key to sign with.
    """
    options = record.collection.auth
    if options is None:
        raise TokenError("not an auth collection record")
    config = token_config(options, kind)
    key = str(record.get("tokenKey")) + config.secret
    if not key:
        raise TokenError("missing or invalid signing key")
    body: dict[str, Any] = {
        **claims,
        "collectionId": record.collection.id,
        "exp": int(time.time()) + (duration_s if duration_s > 0 else config.duration),
        "id": record.id,
        "type": kind,
    }
    return _sign(body, key)


def _sign(claims: dict[str, Any], key: str) -> str:
    """Return the JWT of claims, as `jwt.encode` would.

    Its preparation of the key (is it a PEM certificate by mistake?) costs five times as much as
    the signature, and our keys are never anything but random text.
    """
    payload = base64url_encode(orjson.dumps(claims, option=orjson.OPT_SORT_KEYS))
    message = _HEADER + b"." + payload
    return (message + b"." + base64url_encode(_HS256.sign(message, key.encode()))).decode()


def issue_auth_token(record: Record) -> str:
    """Return a token for signing requests, which auth-refresh renews."""
    return issue_token(record, "auth", refreshable=True)


def issue_static_auth_token(record: Record, duration_s: int = 0) -> str:
    """Return a token for signing requests, which cannot be renewed."""
    return issue_token(record, "auth", duration_s=duration_s, refreshable=False)


def parse_claims(token: str) -> Mapping[str, Any]:
    """Return whatever a token claims, nothing of it checked.

    Raises:
        TokenError: it is no JWT.
    """
    if len(token) > _MAX_TOKEN_CHARS or token.count(".") != 2:  # header.payload.signature
        raise TokenError("malformed token")
    unsigned = token[: token.rindex(".") + 1]  # a broken signature hides no claims
    try:
        claims: dict[str, Any] = jwt.decode(unsigned, options={"verify_signature": False})
    except (jwt.PyJWTError, RecursionError) as error:
        raise TokenError("malformed token") from error
    return claims


@lru_cache(_MAX_REMEMBERED_CLAIMS)
def read_claims(token: str) -> Mapping[str, Any]:
    """Return the claims of a token without checking its signature.

    Raises:
        TokenError: it is no JWT, or claims `id`, `collectionId` and `type` are missing.
    """
    claims = parse_claims(token)
    for name in ("id", "collectionId", "type"):
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise TokenError(f"missing or invalid claim {name}")
    return claims


class Tokens:
    """Verifies tokens, and remembers which verified under which key until they expire."""

    __slots__ = ("_expiry",)

    def __init__(self) -> None:
        self._expiry: dict[tuple[str, str], float] = {}

    async def find_record(self, ctx: Context, token: str, *kinds: TokenType) -> Record | None:
        """Return the record that token proves, or None for every token that proves nothing.

        The record is read anew at each call, so a changed key or a deleted record counts at
        once.
        """
        try:
            claims = read_claims(token)
            if claims["type"] not in kinds:
                return None
            collection = ctx.catalog.find(claims["collectionId"])
            if collection is None or collection.auth is None:
                return None
            record = await find_record(ctx, collection, claims["id"])
            if record is None:
                return None
            secret = token_config(collection.auth, claims["type"]).secret
            self._verify(token, claims, str(record.get("tokenKey")) + secret)
        except TokenError:
            return None
        return record

    def _verify(self, token: str, claims: Mapping[str, Any], key: str) -> None:
        expiry = self._expiry.get((token, key))
        if expiry is None:
            try:
                jwt.decode(
                    token,
                    key,
                    algorithms=["HS256"],
                    options={"verify_aud": False, "verify_iss": False},
                )
            except jwt.PyJWTError as error:
                raise TokenError(str(error)) from error
            expiry = float(claims.get("exp", "inf"))
            if len(self._expiry) >= _MAX_VERIFIED:
                self._expiry.clear()
            self._expiry[(token, key)] = expiry
        if expiry <= time.time():
            raise TokenError("token is expired")

"""The client secret of "Sign in with Apple": a token signed with the developer's own key.

Source: PocketBase forms/apple_client_secret_create.go.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pbpy.errors import PbpyError, ValidationFailed
from pbpy.fields.setting_rules import check_length, check_range
from pbpy.settings.validate import MATCH_INVALID, present, required

if TYPE_CHECKING:
    from pbpy.errors import FieldError

APPLE = "https://appleid.apple.com"
ID_BYTES = 10
MAX_DURATION_S = 15_777_000
"""About six months, which is Apple's limit."""

_PRIVATE_KEY = re.compile(r"-----BEGIN PRIVATE KEY----[\s\S]+-----END PRIVATE KEY-----")
_PEM = re.compile(
    r"^-----BEGIN PRIVATE KEY-----\s*\n[\s\S]+\n-----END PRIVATE KEY-----", re.MULTILINE
)

_NO_KEY = "invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key"


class InvalidKey(PbpyError):
    """The private key cannot sign the secret; the text is PocketBase's where it has one."""


@dataclass(frozen=True, slots=True)
class AppleClient:
    """Whose secret it is.

    Attributes:
        client_id: the service id.
        team_id: of the developer account.
        key_id: of the private key.
        private_key: PKCS8 in PEM form, of the curve P-256.
        duration: seconds for which the secret is valid.
    """

    client_id: str
    team_id: str
    key_id: str
    private_key: str
    duration: int


def generate_client_secret(client: AppleClient) -> str:
    """Return a new client secret, valid from now on.

    Raises:
        ValidationFailed: a value is missing or malformed.
        InvalidKey: the key is no private key of the curve P-256.
    """
    _validate(client)
    now = int(time.time())
    claims = {
        "iss": client.team_id,
        "sub": client.client_id,
        "aud": [APPLE],
        "exp": now + client.duration,
        "iat": now,
    }
    key = _load_key(client.private_key.strip())
    return jwt.encode(claims, key, algorithm="ES256", headers={"kid": client.key_id})


def _validate(client: AppleClient) -> None:
    key = client.private_key
    errors = present(
        {
            "clientId": required(client.client_id),
            "teamId": _id_error(client.team_id),
            "keyId": _id_error(client.key_id),
            "privateKey": required(key) or (None if _PRIVATE_KEY.search(key) else MATCH_INVALID),
            "duration": required(client.duration)
            or check_range(client.duration, 1, MAX_DURATION_S),
        }
    )
    if errors:
        raise ValidationFailed(errors)


def _id_error(text: str) -> FieldError | None:
    return required(text) or check_length(text, ID_BYTES, ID_BYTES)


def _load_key(pem: str) -> EllipticCurvePrivateKey:
    if not _PEM.search(pem):
        raise InvalidKey(_NO_KEY)
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidKey(_NO_KEY) from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise InvalidKey("key is not a valid ECDSA private key")
    if not isinstance(key.curve, SECP256R1):
        raise InvalidKey("key is invalid")
    return key

"""Encryption of the stored settings: base64 of nonce and AES-GCM ciphertext.

Source: PocketBase tools/security/encrypt.go.
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pbpy.errors import ConfigError

KEY_SIZE = 32
"""AES-256. PocketBase asks for it and takes 16 and 24 as well."""

BASE64_SIZE = 44

NONCE_SIZE = 12


def get_encryption_key(variable: str) -> bytes | None:
    """Return the key in the environment variable of this name; None when there is none.

    Raises:
        ConfigError: the key has not 32 characters.
    """
    key = os.environ.get(variable, "").encode() if variable else b""
    if key and len(key) != KEY_SIZE:
        reason = f"the encryption key in {variable} has {len(key)} characters: it must have 32"
        if len(key) == BASE64_SIZE:
            reason += (
                " (32 bytes in base64 have 44; take 32 characters as they are, for example the "
                "output of `openssl rand -hex 16`)"
            )
        raise ConfigError(reason)
    return key or None


def encrypt(plain: bytes, key: bytes) -> str:
    """Return plain encrypted under a new nonce."""
    nonce = os.urandom(NONCE_SIZE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, None)).decode()


def decrypt(text: str, key: bytes) -> bytes:
    """Return what was encrypted.

    Raises:
        ConfigError: it was encrypted with another key, or is damaged.
    """
    try:
        raw = base64.b64decode(text, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE_SIZE], raw[NONCE_SIZE:], None)
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise ConfigError(
            "the stored settings cannot be decrypted: the encryption key is not the one they "
            "were saved with"
        ) from error

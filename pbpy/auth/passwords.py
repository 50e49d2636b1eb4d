"""Password hashes: argon2id for new passwords, bcrypt for PocketBase's.

Hashing is CPU work of milliseconds, so every function here runs in `offload` threads; both
libraries release the interpreter lock meanwhile.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pbpy.offload import offload

if TYPE_CHECKING:
    from pbpy.config import PasswordHash

# OWASP's list (2024): argon2id with 19 MiB of memory, 2 iterations, 1 lane. 14.5 ms a hash.
_ARGON2: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_ARGON2_PREFIX: Final = "$argon2id$"
_BCRYPT_PREFIX: Final = b"2a"
_BCRYPT_MAX_BYTES: Final = 72
_DEFAULT_BCRYPT_COST: Final = 10


class PasswordTooLong(ValueError):
    """A password of more than 72 bytes, which bcrypt cannot hash whole."""


async def hash_password(plain: str, kind: PasswordHash, cost: int = 0) -> str:
    """Return the hash of plain; cost is bcrypt's, 0 for its default of 10.

    Raises:
        PasswordTooLong: for bcrypt, which PocketBase refuses too.
    """
    if kind == "argon2id":
        return await offload(_ARGON2.hash, plain)
    return await offload(_hash_bcrypt, plain, cost or _DEFAULT_BCRYPT_COST)


async def verify_password(plain: str, stored: str) -> bool:
    """Return whether plain is the password behind stored, a hash of either kind.

    An empty or unknown hash never matches.
    """
    if stored.startswith(_ARGON2_PREFIX):
        return await offload(_verify_argon2, plain, stored)
    if stored.startswith("$2"):
        return await offload(_verify_bcrypt, plain, stored)
    return False


def random_password() -> str:
    """Return a password that nobody knows, for records which sign in another way."""
    return secrets.token_urlsafe(30)


def _hash_bcrypt(plain: str, cost: int) -> str:
    encoded = plain.encode()
    if len(encoded) > _BCRYPT_MAX_BYTES:
        raise PasswordTooLong("bcrypt: password length exceeds 72 bytes")
    return bcrypt.hashpw(encoded, bcrypt.gensalt(cost, _BCRYPT_PREFIX)).decode()


def _verify_bcrypt(plain: str, stored: str) -> bool:
    try:
        return bcrypt.checkpw(plain.encode()[:_BCRYPT_MAX_BYTES], stored.encode())
    except ValueError:  # not a bcrypt hash after all
        return False


def _verify_argon2(plain: str, stored: str) -> bool:
    try:
        return _ARGON2.verify(stored, plain)
    except (VerificationError, InvalidHashError):
        return False

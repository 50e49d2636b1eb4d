"""Random ids and secrets, from the operating system's generator."""

from __future__ import annotations

import os
import string

LOWER_ALPHANUMERIC = string.digits + string.ascii_lowercase
ALPHANUMERIC = string.digits + string.ascii_letters

ID_LENGTH = 15
SECRET_LENGTH = 50


def random_text(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """Return length characters of alphabet (1 to 256 ASCII characters), all equally likely."""
    usable = 256 - 256 % len(alphabet)
    table = (alphabet.encode() * (256 // len(alphabet))).ljust(256)
    # Bytes beyond the last whole alphabet would favour its first characters.
    unusable = bytes(range(usable, 256))
    text = b""
    while len(text) < length:
        text += os.urandom(2 * length).translate(table, unusable)
    return text[:length].decode()


def random_id() -> str:
    """Return an id as PocketBase generates it: 15 of `[a-z0-9]`."""
    return random_text(ID_LENGTH, LOWER_ALPHANUMERIC)


def random_secret() -> str:
    """Return a secret as PocketBase generates it for tokens: 50 of `[a-zA-Z0-9]`."""
    return random_text(SECRET_LENGTH, ALPHANUMERIC)

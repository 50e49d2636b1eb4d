"""Load and save the settings: one row of `_params`, plain JSON or encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from pbpy.binding import BindError
from pbpy.datetimes import now
from pbpy.errors import ConfigError
from pbpy.settings.encryption import decrypt, encrypt, get_encryption_key
from pbpy.settings.model import Settings, default_settings
from pbpy.settings.queries import load_settings_row, save_settings_row

if TYPE_CHECKING:
    from pbpy.config import Config
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.store.access import Reader, Transaction


async def find_settings(db: Reader, config: Config) -> Settings | None:
    """Return the stored settings, or None when the row is missing.

    Raises:
        ConfigError: they are encrypted and the key is missing or another one, or they are
            damaged; or the key has a wrong length, whether it is needed or not.
    """
    key = get_encryption_key(config.encryption_env)
    row = await load_settings_row(db)
    if row is None:
        return None
    stored = row[0] if isinstance(row[0], (str, bytes)) else ""
    try:
        return Settings.from_json(_decode(stored, key, config.encryption_env))
    except (BindError, orjson.JSONDecodeError) as error:
        raise ConfigError(f"the stored settings are damaged: {error}") from error


async def load_settings(db: Reader, config: Config) -> Settings:
    """Return the stored settings, or the defaults when the row is missing.

    Raises:
        ConfigError: as `find_settings`.
    """
    return await find_settings(db, config) or default_settings()


async def save_settings(tx: Transaction, config: Config, settings: Settings) -> None:
    """Store the settings, encrypted where the process has a key.

    Raises:
        ConfigError: the key has a wrong length.
    """
    key = get_encryption_key(config.encryption_env)
    plain = orjson.dumps(settings.to_stored())
    # PocketBase stores the plain form as a blob and the encrypted one as text.
    await save_settings_row(tx, encrypt(plain, key) if key else plain, now())


async def encrypt_settings(ctx: Context) -> None:
    """Encrypt settings that are stored plain, where the process has a key.

    Raises:
        ConfigError: the key has a wrong length.
    """
    key = get_encryption_key(ctx.config.encryption_env)
    if key is None or await _find_plain(ctx.db) is None:
        return
    async with ctx.transaction() as tx_ctx:
        plain = await _find_plain(tx_ctx.db)
        if plain is not None:
            await save_settings_row(tx_ctx.tx, encrypt(plain, key), now())


async def _find_plain(db: Reader) -> bytes | None:
    row = await load_settings_row(db)
    stored = row[0] if row is not None else None
    text = stored.encode() if isinstance(stored, str) else stored
    if not isinstance(text, bytes):
        return None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return text


def _decode(stored: str | bytes, key: bytes | None, variable: str) -> JsonValue:
    """Return the stored object.

    Plain first: a key may have been given to a directory that was saved without one.
    """
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        pass
    if key is None:
        raise ConfigError(
            "the stored settings are encrypted and there is no key: name the environment variable "
            f"that holds it with --encryptionEnv (now {variable!r})"
        )
    text = stored.decode("ascii", "replace") if isinstance(stored, bytes) else stored
    return orjson.loads(decrypt(text, key))

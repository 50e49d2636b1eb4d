"""Process configuration: what flags and environment decide, fixed from start to end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PasswordHash = Literal["argon2id", "bcrypt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a process was started with. Nothing of it is stored.

    Attributes:
        data_dir: the `pb_data` directory; created when it does not exist.
        public_dir: static files served at `/`; may not exist.
        index_fallback: whether an unknown static path serves the root `index.html`.
        query_timeout_s: the longest a read of a request may take.
        password_hash: what new passwords are hashed with; both kinds always verify.
        origins: allowed CORS origins.
        encryption_env: name of the environment variable with the 32-character settings key.
        dev: verbose errors on the console.
        migrations_dir: folder of the migration files that a start applies; None for none.
        automigrate: whether a collection change made through the API writes a migration file.
        inline_opcodes: SQLite opcodes which a read may use on the event loop before it
            moves to a reader thread; 0 sends every read to a thread.
        heartbeat_s: how long a realtime stream may be quiet before a comment is sent, which
            keeps proxies from closing it; 0 for never, as PocketBase.
        redis_url: the Redis through which the servers of several machines tell each other what
            has changed; "" for none.
    """

    data_dir: Path = Path("pb_data")
    public_dir: Path = Path("pb_public")
    index_fallback: bool = True
    query_timeout_s: float = 30
    password_hash: PasswordHash = "argon2id"  # noqa: S105
    origins: tuple[str, ...] = field(default=("*",))
    encryption_env: str = ""
    dev: bool = False
    migrations_dir: Path | None = None
    automigrate: bool = False
    inline_opcodes: int = 20_000
    heartbeat_s: float = 0
    redis_url: str = ""

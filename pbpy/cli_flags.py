"""The flags that every command takes, spelled as PocketBase's, and the Config they make."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pbpy.config import Config
from pbpy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_PASSWORD_HASHES = ("argon2id", "bcrypt")
_PASSWORD_HASH_VARIABLE = "PBPY_PASSWORD_HASH"  # noqa: S105  # the name of a variable


def fail(message: str) -> NoReturn:
    """Say why a command failed and end the process with status 1."""
    moment = datetime.now().astimezone().strftime("%Y/%m/%d %H:%M:%S")
    sys.stderr.write(f"{moment} {message}\n")
    raise SystemExit(1)


class CommandParser(argparse.ArgumentParser):
    """Fails as every command does, and names its flags only when asked for help.

    Args:
        description: what the command does.
        words: what follows its name but flags, as in `EMAIL PASS`.
    """

    def __init__(self, description: str = "", words: str = "", **settings: Any) -> None:
        usage = " ".join(("%(prog)s", *words.split(), "[FLAGS]"))
        super().__init__(description=description, usage=usage, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Name the words that the command takes, then fail."""
        self.print_usage(sys.stderr)
        fail(f"{self.prog}: {message}")


def _go_bool(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise argparse.ArgumentTypeError(f"not a boolean: {text!r}")
    return text in _TRUE


def positive_seconds(text: str) -> float:
    """Return the value of a flag that is a time.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"not a number of seconds: {text!r}")
    return seconds


def whole_number(text: str) -> int:
    """Return the value of a flag that is a count.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a whole number: {text!r}") from None


_SWITCH: dict[str, Any] = {"type": _go_bool, "nargs": "?", "const": True, "metavar": "BOOL"}
_PATH: dict[str, Any] = {"metavar": "PATH"}
_FLAGS: dict[str, dict[str, Any]] = {
    "--dir": {**_PATH, "default": "pb_data", "help": "the data directory"},
    "--dev": {**_SWITCH, "default": False, "help": "print every request error and debug message"},
    "--encryptionEnv": {
        "default": "PB_ENCRYPTION_KEY",
        "metavar": "NAME",
        "help": "environment variable with the 32 characters that encrypt the stored settings",
    },
    "--queryTimeout": {
        "type": positive_seconds,
        "default": 30,
        "metavar": "SECONDS",
        "help": "the longest that a read may take",
    },
    "--publicDir": {
        **_PATH,
        "default": "",
        "help": "directory of static files (default pb_public beside the data directory)",
    },
    "--indexFallback": {
        **_SWITCH,
        "default": True,
        "help": "answer unknown static paths with index.html",
    },
    "--migrationsDir": {**_PATH, "default": "migrations", "help": "directory of migration files"},
    "--automigrate": {
        **_SWITCH,
        "default": None,
        "help": "write a migration file for each collection changed by the API (default as --dev)",
    },
    "--hooksDir": {**_PATH, "default": "pb_hooks", "help": "directory of hook files"},
    "--passwordHash": {
        "choices": _PASSWORD_HASHES,
        "default": "argon2id",
        "help": "how new passwords are hashed, PocketBase knows bcrypt only "
        f"(environment: {_PASSWORD_HASH_VARIABLE})",
    },
}


def flags(*, defaults: bool) -> CommandParser:
    """Return a parent parser with all flags of `_FLAGS`; without defaults behind a command.

    A command's own default would overwrite what was given before the command.
    """
    parser = CommandParser(add_help=False)
    for name, settings in _FLAGS.items():
        default, text = settings["default"], settings["help"]
        if default:
            text = f"{text} (default {str(default).lower() if default is True else default})"
        if name == "--passwordHash":
            default = os.environ.get(_PASSWORD_HASH_VARIABLE) or default
        if not defaults:
            default = argparse.SUPPRESS
        parser.add_argument(name, **{**settings, "default": default, "help": text})
    return parser


def with_values(arguments: Sequence[str]) -> list[str]:
    """Return arguments with `=true` behind each lone switch.

    A switch takes no value but behind `=`: the word behind `--dev` is the command.
    """
    switches = {name for name, settings in _FLAGS.items() if settings.get("nargs") == "?"}
    return [f"{word}=true" if word in switches else word for word in arguments]


def config_from(options: argparse.Namespace) -> Config:
    """Return the configuration of a process from its parsed flags.

    Raises:
        ConfigError: the environment asks for an unknown password hash.
    """
    if options.passwordHash not in _PASSWORD_HASHES:
        raise ConfigError(f"{_PASSWORD_HASH_VARIABLE} must be one of {', '.join(_PASSWORD_HASHES)}")
    data_dir = Path(options.dir)
    public_dir = Path(options.publicDir) if options.publicDir else data_dir.parent / "pb_public"
    origins = tuple(part.strip() for part in options.origins.split(",") if part.strip())
    return Config(
        data_dir=data_dir,
        public_dir=public_dir,
        index_fallback=options.indexFallback,
        query_timeout_s=options.queryTimeout,
        password_hash=options.passwordHash,
        origins=origins or ("*",),
        encryption_env=options.encryptionEnv,
        dev=options.dev,
        heartbeat_s=options.heartbeat,
        redis_url=options.redisUrl,
        migrations_dir=Path(options.migrationsDir),
        automigrate=options.dev if options.automigrate is None else options.automigrate,
    )

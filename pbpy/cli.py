"""The command line: `serve`, `superuser`, `migrate`; flags are spelled as PocketBase's.

Flags may stand before or after the command. Unknown flags are ignored, unknown commands are
errors. A failed command says why on stderr and ends with status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pbpy.app import App
from pbpy.auth import superusers
from pbpy.config import Config
from pbpy.errors import ConfigError, PbpyError, ValidationFailed
from pbpy.hook_files import load_hook_files
from pbpy.migrate_cli import add_migrate_command
from pbpy.serve import serve
from pbpy.settings.save import set_superuser_ips

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_PASSWORD_HASHES = ("argon2id", "bcrypt")
PASSWORD_HASH_VARIABLE = "PBPY_PASSWORD_HASH"  # noqa: S105  # the name of a variable


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; ends the process with status 1 when it fails."""
    options = _build_parser().parse_known_args(arguments)[0]
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y/%m/%d %H:%M:%S",
        level=logging.INFO,
    )
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what clients send wrongly
    logging.getLogger("pbpy").setLevel(logging.DEBUG if options.dev else logging.INFO)
    try:
        options.run(options)
    except PbpyError as error:
        _fail(_explain(error))


def _fail(message: str) -> NoReturn:
    moment = datetime.now().astimezone().strftime("%Y/%m/%d %H:%M:%S")
    sys.stderr.write(f"{moment} {message}\n")
    raise SystemExit(1)


def _explain(error: PbpyError) -> str:
    return error.summary if isinstance(error, ValidationFailed) else str(error)


# commands


def _serve(options: argparse.Namespace) -> None:
    app = App(_config(options))
    load_hook_files(app, Path(options.hooksDir))
    serve(app, options.http, options.server)


def _superuser(
    act: Callable[[App, argparse.Namespace], Awaitable[str]],
) -> Callable[[argparse.Namespace], None]:
    """Return a command that opens the application, acts, and says what it did."""

    async def run(options: argparse.Namespace) -> str:
        async with App(_config(options)) as app:
            return await act(app, options)

    def command(options: argparse.Namespace) -> None:
        sys.stdout.write(asyncio.run(run(options)) + "\n")

    return command


async def _create(app: App, options: argparse.Namespace) -> str:
    await superusers.create_superuser(app, options.email, options.password)
    return f'Successfully created new superuser "{options.email}"!'


async def _upsert(app: App, options: argparse.Namespace) -> str:
    await superusers.upsert_superuser(app, options.email, options.password)
    return f'Successfully saved superuser "{options.email}"!'


async def _update(app: App, options: argparse.Namespace) -> str:
    await superusers.update_superuser(app, options.email, options.password)
    return f'Successfully changed superuser "{options.email}" password!'


async def _delete(app: App, options: argparse.Namespace) -> str:
    if await superusers.delete_superuser(app, options.email):
        return f'Successfully deleted superuser "{options.email}"!'
    return f'superuser "{options.email}" is missing or already deleted'


async def _otp(app: App, options: argparse.Namespace) -> str:
    otp_id, password, valid_s = await superusers.create_superuser_otp(app, options.email)
    return (
        f'Successfully created OTP for superuser "{options.email}":\n'
        f"├─ Id:    {otp_id}\n├─ Pass:  {password}\n└─ Valid: {valid_s}s"
    )


async def _ips(app: App, options: argparse.Namespace) -> str:
    await set_superuser_ips(app, tuple(options.ips))
    if not options.ips:
        return "Successfully cleared SuperuserIPs setting!"
    *others, last = options.ips
    lines = [*(f"├─ {ip}" for ip in others), f"└─ {last}"]
    return "\n".join(("Successfully updated SuperuserIPs setting:", *lines))


_SUPERUSER_COMMANDS: tuple[
    tuple[str, Callable[[App, argparse.Namespace], Awaitable[str]], bool, str], ...
] = (
    ("create", _create, True, "create a superuser"),
    ("upsert", _upsert, True, "create a superuser, or change the password of an existing one"),
    ("update", _update, True, "change the password of a superuser"),
    ("delete", _delete, False, "delete a superuser"),
    ("otp", _otp, False, "create a one-time password for a superuser"),
)

# flags


def _config(options: argparse.Namespace) -> Config:
    if options.passwordHash not in _PASSWORD_HASHES:
        raise ConfigError(f"{PASSWORD_HASH_VARIABLE} must be one of {', '.join(_PASSWORD_HASHES)}")
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
        migrations_dir=Path(options.migrationsDir),
        automigrate=options.dev if options.automigrate is None else options.automigrate,
    )


def _go_bool(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise argparse.ArgumentTypeError(f"not a boolean: {text!r}")
    return text in _TRUE


def _positive_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"not a number of seconds: {text!r}")
    return seconds


_GLOBAL_FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--dir", {"default": "pb_data", "metavar": "PATH", "help": "the data directory"}),
    (
        "--dev",
        {
            "type": _go_bool,
            "nargs": "?",
            "const": True,
            "default": False,
            "metavar": "BOOL",
            "help": "print every request error and debug message",
        },
    ),
    (
        "--encryptionEnv",
        {
            "default": "PB_ENCRYPTION_KEY",
            "metavar": "NAME",
            "help": "environment variable with the 32 characters that encrypt the stored settings",
        },
    ),
    (
        "--queryTimeout",
        {
            "type": _positive_seconds,
            "default": 30.0,
            "metavar": "SECONDS",
            "help": "the longest that a read may take",
        },
    ),
    ("--publicDir", {"default": "", "metavar": "PATH", "help": "directory of static files"}),
    (
        "--migrationsDir",
        {"default": "migrations", "metavar": "PATH", "help": "directory of migration files"},
    ),
    (
        "--automigrate",
        {
            "type": _go_bool,
            "nargs": "?",
            "const": True,
            "default": None,
            "metavar": "BOOL",
            "help": "write a migration file for each collection changed by the API (as --dev)",
        },
    ),
    (
        "--hooksDir",
        {"default": "pb_hooks", "metavar": "PATH", "help": "directory of hook files"},
    ),
    (
        "--indexFallback",
        {
            "type": _go_bool,
            "nargs": "?",
            "const": True,
            "default": True,
            "metavar": "BOOL",
            "help": "answer unknown static paths with index.html",
        },
    ),
    (
        "--passwordHash",
        {
            "choices": _PASSWORD_HASHES,
            "default": "argon2id",
            "help": "how new passwords are hashed; bcrypt stays readable for PocketBase "
            f"(environment: {PASSWORD_HASH_VARIABLE})",
        },
    ),
)


def _flags(*, defaults: bool) -> _Parser:
    """Return a parent parser with the global flags; without defaults behind a command.

    A command's own default would overwrite what was given before the command.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name, settings in _GLOBAL_FLAGS:
        default = settings["default"] if defaults else argparse.SUPPRESS
        if defaults and name == "--passwordHash":
            default = os.environ.get(PASSWORD_HASH_VARIABLE) or default
        parser.add_argument(name, **{**settings, "default": default})
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        _fail(f"{self.prog}: {message}")


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pbpy",
        description="The PocketBase server, re-implemented in Python.",
        parents=[_flags(defaults=True)],
        allow_abbrev=False,
    )
    parser.add_argument(
        "-v", "--version", action="version", version=f"pbpy version {version('pbpy')}"
    )
    parser.set_defaults(heartbeat=0)  # a flag of `serve` alone
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    shared = _flags(defaults=False)
    serving = commands.add_parser("serve", parents=[shared], help="start the web server")
    serving.add_argument("--http", default="127.0.0.1:8090", metavar="ADDRESS:PORT")
    serving.add_argument("--origins", default="*", help="allowed CORS origins, comma separated")
    serving.add_argument("--server", choices=("auto", "hypercorn", "uvicorn"), default="auto")
    serving.add_argument(
        "--heartbeat",
        type=_positive_seconds,
        default=0,
        metavar="SECONDS",
        help="send a comment into realtime streams that were quiet for so long",
    )
    serving.set_defaults(run=_serve)
    group = commands.add_parser("superuser", help="manage superusers")
    actions = group.add_subparsers(required=True, metavar="ACTION", title="actions")
    for name, act, needs_password, description in _SUPERUSER_COMMANDS:
        action = actions.add_parser(name, parents=[shared], help=description)
        action.add_argument("email", metavar="EMAIL")
        if needs_password:
            action.add_argument("password", metavar="PASS")
        action.set_defaults(run=_superuser(act), origins="*")
    listing = actions.add_parser(
        "ips", parents=[shared], help="set where superusers may come from; nothing is everywhere"
    )
    listing.add_argument("ips", nargs="*", metavar="IP or CIDR")
    listing.set_defaults(run=_superuser(_ips), origins="*")
    add_migrate_command(commands, shared, _config)
    return parser

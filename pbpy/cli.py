"""The command line: `serve`, `superuser`, `migrate`; flags are spelled as PocketBase's.

Flags may stand before or after the command; unknown flags and commands are errors. A failed
command says why on stderr and ends with status 1. A group of commands alone shows its help.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pbpy.app import App
from pbpy.auth import superusers
from pbpy.bus.topic_table import MAX_MEMBERS
from pbpy.cli_flags import (
    CommandParser,
    config_from,
    fail,
    flags,
    positive_seconds,
    whole_number,
    with_values,
)
from pbpy.errors import PbpyError, ValidationFailed
from pbpy.hook_files import load_hook_files
from pbpy.migrate_cli import add_migrate_command
from pbpy.serve import serve
from pbpy.settings.save import set_superuser_ips

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Sequence

    Act = Callable[[App, argparse.Namespace], Awaitable[str]]

_REDIS_VARIABLE = "PBPY_REDIS_URL"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; ends the process with status 1 when it fails."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _build_parser().parse_args(with_values(given))
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
        fail(_explain(error))


def _explain(error: PbpyError) -> str:
    return error.summary if isinstance(error, ValidationFailed) else str(error)


# commands


def _serve(options: argparse.Namespace) -> None:
    app = App(config_from(options))
    load_hook_files(app, Path(options.hooksDir))
    serve(app, options.http, options.server, _count_workers(options))


def _count_workers(options: argparse.Namespace) -> int:
    """Return how many processes are to serve; other systems than Linux have one each."""
    given: int | None = options.workers
    if given is not None:
        return given
    if options.dev or sys.platform != "linux":
        return 1
    return min(len(os.sched_getaffinity(0)), MAX_MEMBERS)


def _superuser(act: Act) -> Callable[[argparse.Namespace], None]:
    """Return a command that opens the application, acts, and says what it did."""

    async def run(options: argparse.Namespace) -> str:
        async with App(config_from(options)) as app:
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


_SUPERUSER_COMMANDS: tuple[tuple[str, Act, tuple[str, ...], str], ...] = (
    ("create", _create, ("email", "password"), "create a superuser"),
    (
        "upsert",
        _upsert,
        ("email", "password"),
        "create a superuser, or change the password of an existing one",
    ),
    ("update", _update, ("email", "password"), "change the password of a superuser"),
    ("delete", _delete, ("email",), "delete a superuser"),
    ("otp", _otp, ("email",), "create a one-time password for a superuser"),
)

# parsers


def _build_parser() -> CommandParser:
    parser = CommandParser(
        "The PocketBase server, re-implemented in Python.",
        "COMMAND",
        prog="pbpy",
        parents=[flags(defaults=True)],
    )
    parser.add_argument(
        "-v", "--version", action="version", version=f"pbpy version {version('pbpy')}"
    )
    # What only `serve` has a flag for; without a command there is help.
    parser.set_defaults(heartbeat=0, origins="*", redisUrl="", run=lambda _: parser.print_help())
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", prog="pbpy")
    shared = flags(defaults=False)
    _add_serve(commands, shared)
    _add_superuser(commands, shared)
    add_migrate_command(commands, shared)
    return parser


def _add_serve(commands: argparse._SubParsersAction[CommandParser], shared: CommandParser) -> None:
    about = "start the web server"
    serving = commands.add_parser("serve", parents=[shared], help=about, description=about)
    serving.add_argument(
        "--http",
        default="127.0.0.1:8090",
        metavar="ADDRESS:PORT",
        help="where to listen (default 127.0.0.1:8090); `:8090` is every address of the machine",
    )
    serving.add_argument(
        "--origins", default="*", help="allowed CORS origins, comma separated (default *)"
    )
    serving.add_argument(
        "--server",
        choices=("auto", "hypercorn", "uvicorn"),
        default="auto",
        help="the ASGI server; auto takes uvicorn, the faster one, where it is installed",
    )
    serving.add_argument(
        "--heartbeat",
        type=positive_seconds,
        default=0,
        metavar="SECONDS",
        help="send a comment into realtime streams that were quiet for so long (default never)",
    )
    serving.add_argument(
        "--workers",
        type=whole_number,
        metavar="COUNT",
        help="processes that share the requests (default: one per core; 1 with --dev, and on"
        " other systems than Linux)",
    )
    serving.add_argument(
        "--redisUrl",
        default=os.environ.get(_REDIS_VARIABLE, ""),
        metavar="URL",
        help="a Redis that tells the servers of other machines what has changed "
        f"(environment: {_REDIS_VARIABLE})",
    )
    serving.set_defaults(run=_serve)


def _add_superuser(
    commands: argparse._SubParsersAction[CommandParser], shared: CommandParser
) -> None:
    about = "manage superusers"
    group = commands.add_parser(
        "superuser", parents=[shared], help=about, description=about, words="ACTION"
    )
    group.set_defaults(run=lambda _: group.print_help())
    actions = group.add_subparsers(metavar="ACTION", title="actions", prog=group.prog)
    for name, act, words, about in _SUPERUSER_COMMANDS:
        listed = " ".join(words).upper()
        action = actions.add_parser(
            name, parents=[shared], help=about, description=about, words=listed
        )
        for word in words:
            action.add_argument(word, metavar=word.upper())
        action.set_defaults(run=_superuser(act))
    about = "set where superusers may come from; nothing is everywhere"
    listing = actions.add_parser(
        "ips", parents=[shared], help=about, description=about, words="[IP|CIDR]..."
    )
    listing.add_argument("ips", nargs="*", metavar="IP|CIDR")
    listing.set_defaults(run=_superuser(_ips))

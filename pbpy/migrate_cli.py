"""The command `pbpy migrate` and its actions."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pbpy.app import App
from pbpy.cli_flags import config_from
from pbpy.errors import ConfigError
from pbpy.hook_files import load_hook_files
from pbpy.migrate import runner
from pbpy.migrate.loader import new_file_name, write_new_file
from pbpy.migrate.snapshot import snapshot
from pbpy.migrate.template import BLANK, render_snapshot

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Sequence

    from pbpy.cli_flags import CommandParser

    Act = Callable[[App, Path, argparse.Namespace], Awaitable[str]]

_WORD_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|\W+", re.ASCII)


def add_migrate_command(
    commands: argparse._SubParsersAction[CommandParser], shared: CommandParser
) -> None:
    """Add `migrate` with its actions to the commands of the program.

    Args:
        commands: the subparsers of the program.
        shared: the parser of the global flags, as a parent for each action.
    """
    about = "change the schema by files; alone it is `migrate up`"
    group = commands.add_parser(
        "migrate", parents=[shared], help=about, description=about, words="[ACTION]"
    )
    group.set_defaults(run=_command(_up), count=None)
    actions = group.add_subparsers(metavar="ACTION", title="actions", prog=group.prog)

    def add(name: str, act: Act, about: str, words: str = "") -> CommandParser:
        action = actions.add_parser(
            name, parents=[shared], help=about, description=about, words=words
        )
        action.set_defaults(run=_command(act))
        return action

    up = add("up", _up, "apply pending files", "[N]")
    up.add_argument("count", metavar="N", type=int, nargs="?", help="how many (default all)")
    down = add("down", _down, "revert the files applied last", "[N]")
    down.add_argument(
        "count", metavar="N", type=int, nargs="?", default=1, help="how many (default 1)"
    )
    down.add_argument("--yes", action="store_true", help="do not ask")
    create = add("create", _create, "write an empty file", "NAME")
    create.add_argument("name", metavar="NAME", help="becomes part of the file's name")
    add("collections", _collections, "write the present collections as a file")
    add("history-sync", _history_sync, "forget applied files that are missing")
    add("status", _status, "list applied, pending and missing files")


def _command(act: Act) -> Callable[[argparse.Namespace], None]:
    """Return a command that opens the application, acts, and says what it did."""

    async def run(app: App, options: argparse.Namespace) -> str:
        async with app:
            return await act(app, Path(options.migrationsDir), options)

    def command(options: argparse.Namespace) -> None:
        app = App(config_from(options))
        if act in (_up, _down):
            load_hook_files(app, Path(options.hooksDir))
        sys.stdout.write(asyncio.run(run(app, options)) + "\n")

    return command


async def _up(app: App, folder: Path, options: argparse.Namespace) -> str:
    if options.count is not None and options.count < 0:
        options.count = None
    applied = await runner.apply_pending(app, folder, options.count)
    return "\n".join(f"Applied {file}" for file in applied) or "No new migrations to apply."


async def _down(app: App, folder: Path, options: argparse.Namespace) -> str:
    files = await runner.last_applied(app, options.count)
    if not files:
        return "No migrations to revert."
    if not options.yes and not await asyncio.to_thread(_confirm, files):
        return "The command has been cancelled"
    reverted = await runner.revert(app, folder, files)
    return "\n".join(f"Reverted {file}" for file in reverted) or "No migrations to revert."


def _confirm(files: Sequence[str]) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask at: confirm with --yes what is to be undone")
    count = len(files)
    listed = "\n".join(files)
    sys.stdout.write(
        f"\n{listed}\nDo you really want to revert the last {count} applied migration(s)? (y/N) "
    )
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _create(_: App, folder: Path, options: argparse.Namespace) -> str:
    words = [word.lower() for word in _WORD_EDGE.split(options.name) if word]
    if not words:
        raise ConfigError(f"a migration cannot be called {options.name!r}")
    return _write(folder, "_".join(words), BLANK)


async def _collections(app: App, folder: Path, _: argparse.Namespace) -> str:
    return _write(
        folder, "collections_snapshot", render_snapshot(snapshot(app.catalog.collections))
    )


def _write(folder: Path, name: str, text: str) -> str:
    path = write_new_file(folder, new_file_name(folder, name), text)
    return f'Successfully created file "{path}"'


async def _history_sync(app: App, folder: Path, _: argparse.Namespace) -> str:
    forgotten = [f"Forgot {file}" for file in await runner.forget_missing(app, folder)]
    synced = "The _migrations table was synced with the available migrations."
    return "\n".join((*forgotten, synced))


async def _status(app: App, folder: Path, _: argparse.Namespace) -> str:
    states = await runner.list_states(app, folder)
    return "\n".join(f"{item.state:8} {item.file}" for item in states) or "No migrations."

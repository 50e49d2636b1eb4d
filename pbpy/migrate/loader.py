"""Migration files: finding, naming and loading them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pbpy.errors import MigrationError
from pbpy.python_file import explain, load_python_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NAME = re.compile(r"(?P<stamp>\d+)_\w+\.py\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Migration:
    """One loaded file; its functions take the application and may be coroutine functions."""

    path: Path
    up: Callable[[Any], Any]
    down: Callable[[Any], Any] | None

    @property
    def file(self) -> str:
        """The name under which it is noted as applied."""
        return self.path.name


def find_migrations(folder: Path) -> dict[str, Path]:
    """Return the migration files of a folder by name, in the order in which they apply.

    A folder that does not exist has none. Blocks.

    Raises:
        MigrationError: a Python file or package there is no migration by its name, or two
            names differ in nothing but case.
    """
    if not folder.is_dir():
        return {}
    names: dict[str, str] = {}
    found = sorted(path for path in folder.iterdir() if path.name[0] not in "._")
    for path in found:
        if path.is_dir():
            if (path / "__init__.py").exists():
                raise MigrationError(f"{path}: a migration is a file, not a package")
        elif path.suffix.lower() == ".py":
            _check_name(path)
            twin = names.setdefault(path.name.lower(), path.name)
            if twin != path.name:
                raise MigrationError(
                    f"{path}: {twin} has the same name but for upper and lower case, and many "
                    "file systems keep only one of them"
                )
    return {path.name: path for path in found if path.name in names.values()}


def _check_name(path: Path) -> None:
    if not _NAME.match(path.name):
        raise MigrationError(
            f"{path}: a migration is called <timestamp>_<name>.py; begin the name of another "
            "module with an underscore"
        )


def load_migration(path: Path) -> Migration:
    """Return the migration of a file; runs the file, and blocks.

    Raises:
        MigrationError: it cannot be loaded or has no `up(app)`; names the line.
    """
    try:
        module = load_python_file(path)
    except Exception as error:  # whatever a developer's module raises
        raise MigrationError(explain(error, path)) from error
    up, down = getattr(module, "up", None), getattr(module, "down", None)
    if not callable(up):
        raise MigrationError(f"{path}: there is no function up(app)")
    if down is not None and not callable(down):
        raise MigrationError(f"{path}: down is not a function")
    return Migration(path, up, down)


def new_file_name(folder: Path, name: str) -> str:
    """Return `<timestamp>_<name>.py`, which sorts behind all files of the folder."""
    stamps = [int(file.partition("_")[0]) + 1 for file in find_migrations(folder)]
    return f"{max(int(time.time()), *stamps, 0)}_{name}.py"


def write_new_file(folder: Path, file: str, text: str) -> Path:
    """Write a file that must not exist yet, with its folder; return its path.

    Raises:
        MigrationError: the file exists, or cannot be written.
    """
    path = folder / file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise MigrationError(f"{path} cannot be written: {error.strerror}") from error
    return path

"""Hook files: the Python files of an app developer that extend the server."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from pbpy.errors import ConfigError
from pbpy.python_file import explain, load_python_file

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.app import App


def load_hook_files(app: App, folder: Path) -> None:
    """Load every `*.py` of a folder in order of the names and call its `register(app)`.

    Files that begin with `_` or `.` are left out; a folder that does not exist has none. Call it
    before the app is opened; blocks.

    Raises:
        ConfigError: a file cannot be loaded, has no `register(app)`, or that one raises; names
            the file and the line.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*.py")):
        if path.name[0] not in "._":
            _load(app, path)


def _load(app: App, path: Path) -> None:
    try:
        register = getattr(load_python_file(path), "register", None)
        if callable(register) and not inspect.iscoroutinefunction(register):
            register(app)
            return
    except Exception as error:  # whatever a developer's module raises
        raise ConfigError(explain(error, path)) from error
    raise ConfigError(f"{path}: there is no plain function register(app)")

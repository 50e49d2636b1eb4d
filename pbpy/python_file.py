"""Python files of an app developer, outside of any package: migrations and hooks."""

from __future__ import annotations

import sys
import traceback
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING

from pbpy.errors import ValidationFailed

if TYPE_CHECKING:
    from pathlib import Path


def load_python_file(path: Path) -> ModuleType:
    """Run a file as a module with a name of its own and return the module.

    `sys.path` stays as it is, so a file may be called like a module of the standard library; its
    neighbours are imported as `from ._neighbour import name`. Reads the file and runs it: blocks.

    Raises:
        Exception: whatever reading, compiling or running it raises.
    """
    package = _package_of(path.parent)
    module = ModuleType(f"{package}.{path.stem}")
    module.__file__ = str(path)
    module.__package__ = package
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(code, module.__dict__)  # noqa: S102  # the developer's own program
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module


def _package_of(folder: Path) -> str:
    """Return the name of the package that stands for a folder."""
    place = str(folder.resolve())
    name = f"pbpy_files_{sha256(place.encode()).hexdigest()[:16]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [place]
        sys.modules[name] = package
    return name


def explain(error: BaseException, path: Path) -> str:
    """Return `path, line N: Type: message` for what a file of a developer raised."""
    text = error.summary if isinstance(error, ValidationFailed) else str(error)
    reason = f"{type(error).__name__}: {text}"
    if isinstance(error, SyntaxError) and error.filename == str(path):
        reason = f"{type(error).__name__}: {error.msg}"
        return f"{path}, line {error.lineno}: {reason}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f"{path}, line {lines[-1]}: {reason}" if lines else f"{path}: {reason}"

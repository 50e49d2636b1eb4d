"""Hook files: found, loaded in order, and named when they are broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import ConfigError
from pbpy.hook_files import load_hook_files

if TYPE_CHECKING:
    from pathlib import Path


def load(tmp_path: Path, **files: str) -> App:
    folder = tmp_path / "pb_hooks"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    app = App(Config(data_dir=tmp_path / "pb_data"))
    load_hook_files(app, folder)
    return app


def test_files_register_in_the_order_of_their_names(tmp_path: Path) -> None:
    text = "def register(app): app.require_collections('{}')"
    app = load(tmp_path, b=text.format("b"), a=text.format("a"), _shared="raise ValueError")
    assert app.required_collections == ["a", "b"]


def test_a_folder_that_does_not_exist_has_none(tmp_path: Path) -> None:
    load_hook_files(App(Config(data_dir=tmp_path)), tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def register(app)\n", "queue.py, line 1: SyntaxError"),
        ("import nothing_like_it\n", "queue.py, line 1: ModuleNotFoundError"),
        ("def register(app):\n    app.nope\n", "queue.py, line 2: AttributeError"),
        ("x = 1\n", r"queue.py: there is no plain function register\(app\)"),
        ("async def register(app): pass\n", r"queue.py: there is no plain function register"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        load(tmp_path, queue=text)

"""Which files are migrations, and what is said of those that cannot be loaded."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING

import pytest

from pbpy.errors import MigrationError
from pbpy.migrate.loader import find_migrations, load_migration, new_file_name, write_new_file

if TYPE_CHECKING:
    from pathlib import Path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("def up(app): pass\n")


def test_files_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    touch(tmp_path, "20_b.py", "20_a.py", "1_z.py", "_shared.py", ".hidden.py", "notes.txt")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "fixtures").mkdir()
    assert list(find_migrations(tmp_path)) == ["1_z.py", "20_a.py", "20_b.py"]


def test_a_folder_that_does_not_exist_has_none(tmp_path: Path) -> None:
    assert find_migrations(tmp_path / "none") == {}


@pytest.mark.parametrize("name", ["races.py", "1-races.py", "1_.py", "x1_races.py", "1_a b.py"])
def test_another_name_is_refused(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    with pytest.raises(MigrationError, match=r"<timestamp>_<name>\.py"):
        find_migrations(tmp_path)


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "1_Races.py", "1_races.py")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system does not tell the two apart")
    with pytest.raises(MigrationError, match=r"1_races.py: 1_Races.py has the same name"):
        find_migrations(tmp_path)


def test_a_package_beside_the_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_races").mkdir()
    touch(tmp_path / "1_races", "__init__.py")
    with pytest.raises(MigrationError, match="1_races: a migration is a file, not a package"):
        find_migrations(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def up(app):\n    return )\n", r"1_x.py, line 2: SyntaxError: unmatched '\)'"),
        ("import json\n\nx = 1 / 0\n", "1_x.py, line 3: ZeroDivisionError: division by zero"),
        ("import nonsense_module\n", "1_x.py, line 1: ModuleNotFoundError"),
        ("def make():\n    raise KeyError('a')\nmake()\n", "1_x.py, line 2: KeyError: 'a'"),
        ("x = 1\n", r"1_x.py: there is no function up\(app\)"),
        ("up = 1\n", r"1_x.py: there is no function up\(app\)"),
        ("def up(app): pass\ndown = 1\n", "1_x.py: down is not a function"),
        ("x = '\0'\n", "1_x.py.*(SyntaxError|ValueError): source code"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "1_x.py"
    path.write_text(text)
    with pytest.raises(MigrationError, match=reason):
        load_migration(path)


def test_each_file_is_a_module_of_its_own(tmp_path: Path) -> None:
    """Neither another folder nor the standard library is in its way."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        text = f"from dataclasses import dataclass\nimport queue\nplace = '{name}'\n"
        text += "@dataclass\nclass X: y: int = 1\ndef up(app): return (queue, place, X())\n"
        (tmp_path / name / "1_queue.py").write_text(text)
    first, second = (load_migration(tmp_path / name / "1_queue.py").up(None) for name in "ab")
    assert (first[:2], second[:2]) == ((queue, "a"), (queue, "b"))
    assert not (tmp_path / "a" / "__pycache__").exists()


def test_a_file_imports_its_neighbours(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_shared.py").write_text(f"PLACE = '{name}'\n")
        path = tmp_path / name / "1_x.py"
        path.write_text("from ._shared import PLACE\ndef up(app): return PLACE\n")
        assert load_migration(path).up(None) == name
    path = tmp_path / "1_y.py"
    path.write_text("\nfrom ._broken import PLACE\n")
    path.with_name("_broken.py").write_text("\n\nx = )\n")
    reason = r"1_y.py, line 2: SyntaxError: unmatched '\)' \(_broken.py, line 3\)"
    with pytest.raises(MigrationError, match=reason):
        load_migration(path)


def test_a_new_file_sorts_behind_all_others(tmp_path: Path) -> None:
    before = int(time.time())
    first = new_file_name(tmp_path, "created_b")
    assert before <= int(first.partition("_")[0]) <= time.time()
    write_new_file(tmp_path, first, "def up(app): pass")
    second = new_file_name(tmp_path, "created_a")
    assert int(second.partition("_")[0]) == int(first.partition("_")[0]) + 1
    touch(tmp_path, "9999999999_far.py")
    assert new_file_name(tmp_path, "x") == "10000000000_x.py"


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    touch(tmp_path, "1_a.py")
    with pytest.raises(MigrationError, match=r"1_a.py cannot be written: File exists"):
        write_new_file(tmp_path, "1_a.py", "")

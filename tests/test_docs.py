"""What the documentation says exists, and what exists is documented."""

from __future__ import annotations

import re
import tomllib
from itertools import chain, pairwise
from pathlib import Path

import pytest

from pbpy.cli import main
from pbpy.hooks.app_hooks import AppHooks

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("hook", [name for name in vars(AppHooks()) if name.startswith("on_")])
def test_every_hook_is_documented(hook: str) -> None:
    assert f"`{hook}`" in (ROOT / "docs" / "extending.md").read_text()


def test_every_flag_and_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    for words in ([], ["serve"], ["superuser"]):
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        shown = capsys.readouterr().out
        names = re.findall(r"^  (?:-\w, )?(--\w+)", shown, re.MULTILINE)
        names += [
            " ".join(["pbpy", *words, name]) for name in re.findall(r"^    (\w+)", shown, re.M)
        ]
        assert [name for name in names if f"{name}" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run_in_order(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    for number, example in enumerate(BLOCK.findall(page.read_text()), 1):
        exec(compile(example, f"{page.name}, example {number}", "exec"), names)


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_map_shows_the_layers_that_are_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    [contract] = project["tool"]["importlinter"]["contracts"]
    section = ARCHITECTURE.split("## Layers")[1].split("## ")[0]
    drawn = section.split("```")[1].splitlines()
    checked = [re.findall(r"\w+", layer) for layer in contract["layers"]]
    shown = [name for line in drawn for name in re.findall(r"\w+", line.strip().split("  ")[0])]
    assert sorted(shown) == sorted(chain.from_iterable(checked))
    for above, below in pairwise(checked):
        assert max(map(shown.index, above)) < min(map(shown.index, below))


@pytest.mark.parametrize("module", sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`", ARCHITECTURE))))
def test_modules_named_by_the_map_exist(module: str) -> None:
    assert (ROOT / "pbpy" / module).exists() or (ROOT / module).exists()

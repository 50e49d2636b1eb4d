"""What the documentation says exists, and what exists is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pbpy.hooks.app_hooks import AppHooks

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("hook", [name for name in vars(AppHooks()) if name.startswith("on_")])
def test_every_hook_is_documented(hook: str) -> None:
    assert f"`{hook}`" in (ROOT / "docs" / "extending.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run_in_order(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    for number, example in enumerate(BLOCK.findall(page.read_text()), 1):
        exec(compile(example, f"{page.name}, example {number}", "exec"), names)


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_every_package_is_on_the_map() -> None:
    packages = {path.parent.name for path in (ROOT / "pbpy").glob("*/__init__.py")}
    assert not [name for name in packages if f"{name}" not in ARCHITECTURE]


@pytest.mark.parametrize("module", sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`", ARCHITECTURE))))
def test_modules_named_by_the_map_exist(module: str) -> None:
    assert (ROOT / "pbpy" / module).exists() or (ROOT / module).exists()

"""The examples of the documentation, applied and reverted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pbpy.migrate import runner
from tests.migrate.files import everything
from tests.schema.apps import run

if TYPE_CHECKING:
    from pbpy.app import App

PAGE = Path(__file__).parent.parent.parent / "docs" / "migrations.md"
EXAMPLES = [
    block
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    if "def up(" in block
]


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_goes_up_and_down(text: str, tmp_path: Path) -> None:
    (tmp_path / "1_example.py").write_text(text)

    async def scenario(app: App) -> None:
        before = await everything(app)
        await runner.apply_pending(app, tmp_path)
        assert await everything(app) != before
        if "def down(" in text:
            names = [item.name for item in app.catalog.collections]
            await runner.revert(app, tmp_path, ["1_example.py"])
            assert [item.name for item in app.catalog.collections] <= names
            assert (await everything(app))[0] == before[0]

    run(tmp_path / "d", scenario)

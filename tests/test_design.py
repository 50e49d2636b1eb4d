"""The rules that keep the design: where SQL is written, who imports the driver, module sizes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pbpy"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|VIEW)|DROP\s+(TABLE|VIEW|INDEX)"
    r"|ALTER\s+TABLE|PRAGMA\s+\w)",
    re.DOTALL,
)
MAX_LINES = 400


def may_hold_sql(module: Path) -> bool:
    return module.parts[0] in {"store", "filter"} or module.name == "queries.py"


def strings(module: Path) -> list[str]:
    """Return every string literal of a module but its docstrings."""
    tree = ast.parse((PACKAGE / module).read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_sql_is_written_only_where_it_may_be(module: Path) -> None:
    found = [text for text in strings(module) if SQL.search(text)]
    assert may_hold_sql(module) or not found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_can_be_read_in_one_go(module: Path) -> None:
    assert len((PACKAGE / module).read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("apsw", {"store"}),
        ("starlette", {"api", "pocketbase.py"}),
        ("hypercorn", {"serve"}),
        ("uvicorn", {"serve"}),
        ("sqlite3", set()),
    ],
)
def test_libraries_are_imported_in_their_place_only(library: str, homes: set[str]) -> None:
    pattern = re.compile(rf"^\s*(from|import) {library}\b", re.MULTILINE)
    users = {path.parts[0] for path in MODULES if pattern.search((PACKAGE / path).read_text())}
    assert users <= homes

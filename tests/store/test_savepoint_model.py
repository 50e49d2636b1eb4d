"""Nested savepoints and their callbacks against a model in plain Python."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.stores import ids, insert, opened

if TYPE_CHECKING:
    from pbpy.store.access import Transaction


class Undo(Exception):
    pass


@dataclass(frozen=True)
class Block:
    """Statements (True) and inner blocks, in order; undone at its end when it fails."""

    content: tuple[object, ...]
    fails: bool


blocks = st.recursive(
    st.builds(Block, st.lists(st.just(True), max_size=3).map(tuple), st.booleans()),
    lambda inner: st.builds(
        Block, st.lists(st.one_of(st.just(True), inner), max_size=5).map(tuple), st.booleans()
    ),
    max_leaves=8,
)


class Run:
    """What really happens: every statement inserts a row and registers both callbacks."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.count = 0
        self.calls: list[str] = []

    async def run(self, block: Block) -> None:
        for item in block.content:
            if isinstance(item, Block):
                try:
                    async with self.tx.savepoint():
                        await self.run(item)
                except Undo:
                    pass
                continue
            self.count += 1
            name = str(self.count)
            await self.tx.execute(insert(name))
            self.tx.after_commit(partial(self.calls.append, f"commit {name}"))
            self.tx.after_rollback(partial(self.calls.append, f"undo {name}"))
        if block.fails:
            raise Undo


class Model:
    """What should happen."""

    def __init__(self) -> None:
        self.count = 0
        self.calls: list[str] = []

    def run(self, block: Block) -> list[str]:
        """Return the names of the rows that the block leaves."""
        rows: list[str] = []
        for item in block.content:
            if isinstance(item, Block):
                rows += self.run(item)
            else:
                self.count += 1
                rows.append(str(self.count))
        if block.fails:
            self.calls += [f"undo {name}" for name in reversed(rows)]
            return []
        return rows


@settings(max_examples=60, deadline=None)
@given(blocks)
def test_savepoints_do_what_the_model_does(block: Block) -> None:
    model = Model()
    rows = model.run(block)
    model.calls += [f"commit {name}" for name in rows]

    async def scenario(folder: Path) -> None:
        async with opened(folder) as store:
            run: Run | None = None
            try:
                async with store.data.transaction() as tx:
                    run = Run(tx)
                    await run.run(block)
            except Undo:
                pass
            assert await ids(store.data) == rows
            assert run is not None
            assert run.calls == model.calls

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))

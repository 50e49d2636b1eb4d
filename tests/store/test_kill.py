"""A killed process loses nothing that it had committed, and leaves nothing half written."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pbpy.store.sql import Sql
from tests.store.stores import ids, opened

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import asyncio, sys
from pathlib import Path
from pbpy.store.sql import Sql
from tests.store.stores import insert, opened

async def main():
    async with opened(Path(sys.argv[1])) as store:
        for number in range(1_000_000):
            async with store.data.transaction() as tx:
                await tx.execute(insert(f"{sys.argv[2]}-{number}-first"))
                await tx.execute(insert(f"{sys.argv[2]}-{number}-second"))
            print(number, flush=True)

asyncio.run(main())
"""

LIMITED = """
import asyncio, resource, signal, sys
from pathlib import Path
from pbpy.errors import StorageFull
from pbpy.store.sql import Sql
from tests.store.stores import ids, insert, opened

async def main():
    async with opened(Path(sys.argv[1])) as store:
        # The kernel refuses to let any file grow further, as a full disk would.
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        kept = 0
        try:
            for number in range(10_000):
                async with store.data.transaction() as tx:
                    await tx.execute(insert(f"{number}" + "x" * 2000))
                kept += 1
        except StorageFull:
            pass
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        async with store.data.transaction() as tx:
            await tx.execute(insert("last"))
        found = await ids(store.data)
        integrity = await store.data.value(Sql("PRAGMA integrity_check"))
        print(0 < kept < 10_000, len(found) == kept + 1, integrity)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
asyncio.run(main())
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_kill_9_loses_no_acknowledged_write(tmp_path: Path, processes: int) -> None:
    writers = [start(WRITER, str(tmp_path), f"p{number}") for number in range(processes)]
    acknowledged = []
    for writer in writers:
        assert writer.stdout is not None
        for _ in range(300):
            assert writer.stdout.readline()
    for number, writer in enumerate(writers):
        writer.send_signal(signal.SIGKILL)
        rest = writer.communicate()[0].split("\n")[:-1]
        acknowledged.append((f"p{number}", int(rest[-1]) if rest else 299))

    async def check() -> None:
        async with opened(tmp_path) as store:
            assert await store.data.value(Sql("PRAGMA integrity_check")) == "ok"
            found = set(await ids(store.data))
            for name, last in acknowledged:
                for number in range(last + 1):
                    assert f"{name}-{number}-second" in found
            firsts = {item.removesuffix("-first") for item in found if item.endswith("-first")}
            assert {item.removesuffix("-second") for item in found} - firsts == {
                f"{item}-first" for item in firsts
            }

    asyncio.run(check())


def test_a_full_disk_loses_nothing_and_the_store_works_again_without_restart(
    tmp_path: Path,
) -> None:
    process = start(LIMITED, str(tmp_path))
    assert process.communicate(timeout=60)[0] == "True True ok\n"

"""The doorbell: who is found in the folder."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from pbpy.bus.doorbell import SUFFIX, Doorbell

if TYPE_CHECKING:
    from pathlib import Path


def nothing(_: bytes) -> None:
    """Hear nobody."""


def changed_at(folder: Path) -> int:
    return folder.stat().st_mtime_ns


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    """Many file systems count in steps of 4 ms; a member that is not seen is never asked."""

    async def main() -> None:
        one = Doorbell(tmp_path, "one", nothing)
        one.open()
        assert one.workers() == []
        before = changed_at(tmp_path)
        other = Doorbell(tmp_path, "other", nothing)
        other.open()
        os.utime(tmp_path, ns=(before, before))
        assert one.workers() == ["other"]
        other.close()
        os.utime(tmp_path, ns=(before, before))
        assert one.workers() == []
        one.close()

    asyncio.run(main())


def test_a_folder_that_is_gone_has_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        folder = tmp_path / "sockets"
        folder.mkdir()
        bells = [Doorbell(folder, name, nothing) for name in ("one", "other")]
        for bell in bells:
            bell.open()
        assert bells[0].workers() == ["other"]
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        assert bells[0].workers() == []
        for bell in bells:
            bell.ring()
            bell.close()

    asyncio.run(main())


def test_a_ring_that_finds_the_queue_full_of_words_is_not_lost(tmp_path: Path) -> None:
    async def main() -> None:
        said: list[bytes] = []
        rung = asyncio.Event()

        def note(text: bytes) -> None:
            said.append(text)
            if not text:
                rung.set()

        one = Doorbell(tmp_path, "one", note)
        other = Doorbell(tmp_path, "other", nothing)
        for bell in (one, other):
            bell.open()
        for number in range(2000):
            other.tell("one", b"%d" % number)
        other.ring()
        await rung.wait()
        assert said[:9] == [b"%d" % number for number in range(9)]
        for bell in (one, other):
            bell.close()

    asyncio.run(asyncio.wait_for(main(), 5))


def test_the_sockets_of_a_dead_process_are_removed(tmp_path: Path) -> None:
    async def main() -> None:
        one, dead = Doorbell(tmp_path, "one", nothing), Doorbell(tmp_path, "dead", nothing)
        one.open()
        dead.open()
        (tmp_path / "dead.ask").touch()
        (tmp_path / "deadly.ask").touch()
        kept = (tmp_path / f"dead{SUFFIX}").rename(tmp_path / "kept")
        dead.close()  # as the system does when a process dies, but for the file
        kept.rename(tmp_path / f"dead{SUFFIX}")
        one.ring()
        assert sorted(os.listdir(tmp_path)) == ["deadly.ask", f"one{SUFFIX}"]  # noqa: PTH208
        one.close()

    asyncio.run(main())

"""Workers are killed under load: no acknowledged write is lost, and nobody else notices."""

from __future__ import annotations

import os
import random
import signal
import string
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.durability.load import Ledger, Writer, create_collections
from tests.durability.test_kill import Aftermath, inspect
from tests.servers import Server, start_pbpy
from tests.worker_processes import owner, wait_until, worker_pids

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 5
WRITERS = 6
LOAD_LIMIT_S = 60.0
JOIN_LIMIT_S = 10.0


class Outcome(NamedTuple):
    """What the kills did.

    Attributes:
        replaced_s: how long each place was without a worker.
        bystanders: writers of other workers that stopped writing.
        hit: writers that lost their connection.
    """

    aftermath: Aftermath
    replaced_s: list[float]
    bystanders: list[str]
    hit: int
    output: str


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Run the load on two workers and kill one of them, KILLS times."""
    found, ledger, chance = Aftermath(), Ledger(), random.Random(1)
    replaced_s: list[float] = []
    bystanders: list[str] = []
    hit = 0
    names = iter(string.ascii_lowercase + string.digits)
    with start_pbpy(tmp_path_factory.mktemp("workers"), "--workers", "2") as server:
        wait_until(lambda: "Server started" in server.output)
        create_collections(server)
        writers: list[Writer] = []
        for _ in range(KILLS):
            writers += new_writers(server, ledger, names, WRITERS - len(writers))
            assert ledger.wait_for(ledger.acknowledged + chance.randint(60, 200), LOAD_LIMIT_S)
            victim = chance.choice(worker_pids(server))
            of_victim = [each for each in writers if owner_of(server, each) == victim]
            replaced_s.append(kill_and_wait(server, victim))
            for writer in of_victim:
                writer.join(JOIN_LIMIT_S)
            hit += len(of_victim)
            writers = [each for each in writers if each not in of_victim]
            assert ledger.wait_for(ledger.acknowledged + 20 * len(writers), LOAD_LIMIT_S)
            bystanders += [each.name for each in writers if not each._thread.is_alive()]
        assert server.stop() == 0
        for writer in writers:
            writer.join(JOIN_LIMIT_S)
        left = sorted(path.name for path in server.data_dir.glob("*.db-*"))
        assert left == []
    with start_pbpy(server.folder) as again:
        ledger.refused = [text for text in ledger.refused if ": 503 " not in text]
        inspect(again, ledger, 0, found)
    return Outcome(found, replaced_s, bystanders, hit, server.output)


def new_writers(server: Server, ledger: Ledger, names: Iterator[str], count: int) -> list[Writer]:
    writers = [Writer(server, ledger, f"c0w{next(names)}") for _ in range(count)]
    for writer in writers:
        writer._client.get("/api/health")
        writer.start()
    return writers


def owner_of(server: Server, writer: Writer) -> int:
    return owner(server, writer._client._connection)


def kill_and_wait(server: Server, pid: int) -> float:
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    wait_until(lambda: len(pids := worker_pids(server)) == 2 and pid not in pids)
    return time.monotonic() - started


def test_the_load_was_worth_it(outcome: Outcome) -> None:
    assert outcome.aftermath.acknowledged >= KILLS * 60
    assert outcome.hit > 0
    assert outcome.aftermath.files > 0


def test_killed_workers_are_replaced_within_a_second(outcome: Outcome) -> None:
    assert max(outcome.replaced_s) < 1


def test_clients_of_other_workers_notice_nothing(outcome: Outcome) -> None:
    assert outcome.bystanders == []
    assert outcome.aftermath.refused == []


def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(outcome: Outcome) -> None:
    assert outcome.aftermath.wrong_items == []
    assert outcome.aftermath.wrong_files == []
    assert outcome.aftermath.wrong_families == []
    assert outcome.aftermath.orphans == []


def test_the_databases_are_intact(outcome: Outcome) -> None:
    assert outcome.aftermath.damage == []
    assert "Traceback" not in outcome.output

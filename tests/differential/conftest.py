"""Fixtures of the differential tests: a module has SCENARIOS or STORIES for a pair of servers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.differential.exchange import Side
from tests.differential.pair import Case, Pair, start_twin
from tests.differential.realtime_story import tell
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.differential.realtime_story import Told
    from tests.differential.steps import Scenario
    from tests.servers import ServerKind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of every step of the module's scenarios, for each of its SERVERS."""
    if "case" not in metafunc.fixturenames:
        return
    scenarios: list[Scenario] = metafunc.module.SCENARIOS
    cases = [
        Case(scenario, index) for scenario in scenarios for index in range(len(scenario.steps))
    ]
    if kinds := getattr(metafunc.module, "SERVERS", ()):
        metafunc.parametrize("pair", kinds, indirect=True, scope="module")
    metafunc.parametrize("case", cases, ids=[case.id for case in cases])


@pytest.fixture(scope="module")
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two fresh servers for the module; PUBLIC_FILES of the module lie in both public folders."""
    folders = [tmp_path_factory.mktemp(name) for name in ("left", "right")]
    for folder in folders:
        for name, content in getattr(request.module, "PUBLIC_FILES", {}).items():
            path = folder / "pb_public" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    kind: ServerKind = getattr(request, "param", "auto")
    since = datetime.now(UTC)
    with start_pocketbase(folders[0]) as left, start_twin(folders[1], kind) as right:
        yield Pair(Side(left), Side(right), since)


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What came of the module's STORIES, told to one pair of servers."""
    return tell(tmp_path_factory.mktemp("told"), request.module.STORIES)
